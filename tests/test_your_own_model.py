"""The guide to a model of one's own does not rot: its files, taken from the page, do what the page says they do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.models import description
from fixtures.models.description import Model, Values
from tests.main_job import read
from tests.test_own_model import run

pytestmark = [pytest.mark.slow, pytest.mark.early]

PROJECT = Path(__file__).parents[1]
TEXT = (PROJECT / "docs" / "your-own-model.md").read_text(encoding="utf-8")
BLOCK = re.compile(r'^```\w+ title="(?P<title>[^" ]+)(?: \((?P<version>\w+)\))?"\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL)

PARTED = (
    "conv1, conv2: PyTorch pads 1 on each side, TensorFlow 0 before and 1 behind",
    "norm1, norm2: epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow",
    "head: PyTorch flattens (channels, height, width), TensorFlow (height, width, channels)",
    "norm1, norm2: momentum is 0.1 in PyTorch, which keeps 0.9 of the old; TensorFlow keeps 0.99",
)


def written(folder: Path, version: str) -> Path:
    """The page's model: its files, and of those that it has twice the one of that version ("first", or "" for the mended one)."""
    blocks = list(BLOCK.finditer(TEXT))
    assert blocks
    twice = {block["title"] for block in blocks if block["version"]}
    for block in blocks:
        if block["title"] not in twice or (block["version"] or "") == version:
            path = folder / block["title"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["body"])
    return folder / "digits"


def test_the_first_port_is_refused_as_the_page_says(tmp_path: Path) -> None:
    code, output = run(tmp_path, written(tmp_path, "first"), "-k", "test_inference and (eager or graph) and fp32 and bs1 and not bs16")
    assert code == pytest.ExitCode.TESTS_FAILED
    for said in ("unequal_work", "not the same work as tensorflow's: logits differ by", *PARTED):
        assert said in output
        assert said in TEXT


def test_the_mended_port_is_the_same_network(tmp_path: Path) -> None:
    code, _ = run(tmp_path, written(tmp_path, ""), "-m", "core", "-k", "matched and not compiled")
    assert code == pytest.ExitCode.OK
    _, measurements = read(tmp_path)
    assert measurements
    for each in measurements.values():
        assert each.equal_work is not None
        assert each.equal_work.holds
        assert not any(check.weak for check in each.equal_work.checks)


def test_the_page_names_every_key_of_model_toml() -> None:
    """And none that is not there: the table of the page is the struct."""
    for struct in (Model, Values):
        for field in struct.__struct_fields__:
            assert f"`{field}`" in TEXT, f"{struct.__name__}.{field} is not on the page"
    for value in (*description.Loss, *description.Optimizer):
        assert f"`{value}`" in TEXT
