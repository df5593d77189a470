"""README is read in a minute, and its figures are those of the files in the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest

from harness.findings.ahead import verdict
from harness.findings.comparison import Comparison, comparisons
from harness.findings.ratio import DEVICE_METER
from harness.record.figure import MIB, seconds
from harness.record.measurement import Measurement
from history.packing import unpacked
from tests.docs.pages import DOCS, PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
MEASURED = DOCS / "measured" / "h200"
MOST_LINES, MOST_WORDS, WIDEST = 130, 1300, 100
ROWS = {  # what README calls a comparison
    "train step frozen matched plain fp32 bs32": "training step, last layers, images/s",
    "train step full matched plain fp32 bs32": "training step, all layers, images/s",
    "inference matched plain fp32 bs32": "prediction, images/s",
    "inference matched plain fp32 bs1": "prediction of one image, median",
    "memory frozen matched plain fp32 bs32": "GPU memory, last layers",
}


def measured(name: str) -> list[Comparison]:
    """The comparisons of a file, packed or not."""
    (path,) = MEASURED.glob(f"{name}.json*")
    document = json.loads(unpacked(path.read_bytes()))
    return comparisons(msgspec.convert(each["extra_info"]["measurement"], Measurement) for each in document["benchmarks"])


def rows() -> Iterator[str]:
    """Of README's table, as the files have them."""
    for comparison in (*measured("both-fp32"), *measured("both-memory")):
        called = verdict(comparison.reference, comparison.others[0])
        sides = " | ".join(shown(side) for side in comparison.sides)
        yield f"| {ROWS[comparison.title]} | {sides} | {called.ratio} ({called.interval}) | {called.text} |"


def shown(side: Measurement) -> str:
    if side.case.phase == "memory":
        return f"{(side.bytes_read(DEVICE_METER) or 0) / MIB:,.0f} MiB"
    if side.case.batch_size == 1:
        return seconds(side.median_step_seconds)
    return f"{side.case.batch_size / side.median_step_seconds:,.0f}"


def test_it_is_short() -> None:
    lines = README.splitlines()
    assert len(lines) <= MOST_LINES
    assert len(README.split()) <= MOST_WORDS
    assert [line for line in lines if len(line) > WIDEST] == []


def test_its_table_is_what_was_measured() -> None:
    found = list(rows())
    assert len(found) == len(ROWS)
    assert [row for row in found if row not in README] == []


@pytest.mark.parametrize("version", ["torch 2.11.0", "tensorflow 2.21.0", "keras 3.15.1", "580.159.04"])
def test_it_names_the_versions_of_the_files(version: str) -> None:
    (path,) = MEASURED.glob("both-fp32.json*")
    assert version in unpacked(path.read_bytes()).decode()
    assert version.split()[-1].removesuffix(".0") in README
