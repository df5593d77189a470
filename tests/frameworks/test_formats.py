"""Model formats: what is loaded computes what was saved, a damaged file says so, and no file runs code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.frameworks import FRAMEWORKS
from harness.phases.model_formats.bench import TOLERANCE
from tests.frameworks.computed import BATCH_SIZE
from tests.frameworks.conftest import RunIn
from tests.frameworks.started import weights_of_resnet50

pytestmark = pytest.mark.slow

UNTRIED = {"torch_export", "tflite"}  # `saved.UNTRIED`: on a full disk

# Of each format another one whose content it is given: where there is one, one that is alike from outside (two zips).
STRANGERS = {
    "pytorch": {"state_dict": "torch_export", "safetensors": "state_dict", "torch_export": "state_dict", "onnx": "safetensors"},
    "tensorflow": {"keras": "hdf5", "hdf5": "keras", "saved_model": "tflite", "tflite": "keras"},
}
FORMATS = [(framework, name) for framework, listing in FRAMEWORKS.items() for name in listing.formats]
WEIGHTS_BYTES = 4 * 23.8e6  # 23.8 million float32 numbers
MEND = "save the model again, or restore both it and its seal from a copy"

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Found:
    path = weights_of_resnet50(tmp_path_factory.mktemp("weights"))

    def gather(name: str) -> dict[str, Any]:
        return run_in(name, f"import saved\nresult = saved.everything({name!r}, {path!r}, {STRANGERS[name]!r})")

    with ThreadPoolExecutor() as pool:
        return dict(zip(STRANGERS, pool.map(gather, STRANGERS), strict=True))


@pytest.mark.parametrize(("framework", "name"), FORMATS)
def test_what_is_loaded_computes_what_was_saved(found: Found, framework: str, name: str) -> None:
    told = found[framework]["roundtrip"][name]
    assert told["shape"] == [BATCH_SIZE, 102]
    assert told["difference"] <= TOLERANCE
    assert told["again"] == pytest.approx(told["difference"], abs=TOLERANCE)
    assert told["seconds"] > 0
    assert len(told["files"]) == 2, "the model and its seal"


@pytest.mark.parametrize(("framework", "name"), FORMATS)
def test_the_size_is_the_weights_and_little_more(found: Found, framework: str, name: str) -> None:
    copies = 2 if name == "saved_model" else 1
    assert copies * 0.98 * WEIGHTS_BYTES < found[framework]["roundtrip"][name]["size_bytes"] < copies * 1.03 * WEIGHTS_BYTES


@pytest.mark.parametrize("kind", ["truncated", "empty", "strange", "flipped", "missing", "unsealed"])
@pytest.mark.parametrize(("framework", "name"), FORMATS)
def test_a_damaged_file_is_named_with_its_format_and_the_mend(found: Found, framework: str, name: str, kind: str) -> None:
    said = found[framework]["damaged"][name]["said"][kind]
    assert said.startswith(f"FormatError: {name}: ")
    assert f"{name}/model" in said
    assert said.endswith(MEND)
    told = {"missing": "is not there", "unsealed": "has no seal"}.get(kind, "is not what was saved, by the SHA-256 of model")
    assert told in said


@pytest.mark.parametrize("kind", ["empty", "strange", "missing"])
@pytest.mark.parametrize(("framework", "name"), FORMATS)
def test_what_is_no_model_of_the_format_is_refused_with_a_seal_that_fits_too(found: Found, framework: str, name: str, kind: str) -> None:
    said = found[framework]["damaged"][name]["seen_by_the_library"][kind]
    assert said.startswith(f"FormatError: {name}: ")
    assert f"{name}/model" in said
    assert said.endswith(MEND)


def test_without_a_seal_a_flipped_byte_would_go_unseen(found: Found) -> None:
    """Why there are seals."""
    assert {name: unseen for told in found.values() for name, unseen in told["unseen"].items()} == dict.fromkeys(
        ("state_dict", "safetensors", "hdf5", "tflite"), True
    )


@pytest.mark.parametrize("framework", STRANGERS)
def test_no_file_runs_code(found: Found, framework: str) -> None:
    assert found[framework]["code"]
    assert {kind: said.partition(":")[0] for kind, said in found[framework]["code"].items()} == dict.fromkeys(
        found[framework]["code"], "FormatError"
    )
    assert not found[framework]["ran"]


@pytest.mark.parametrize(("framework", "name"), [each for each in FORMATS if each[1] not in UNTRIED])
def test_a_save_that_fails_says_so_and_leaves_nothing(found: Found, framework: str, name: str) -> None:
    told = found[framework]["roundtrip"][name]["full_disk"]
    assert told["said"].startswith(f"FormatError: {name}: ")
    assert "cannot be saved" in told["said"]
    assert told["left"] == []


@pytest.mark.parametrize("framework", STRANGERS)
def test_a_full_disk_is_named(found: Found, framework: str) -> None:
    said = found[framework]["unwritable"]
    assert said.startswith("DiskFullError: ")
    assert "MB are free" in said
    assert "TMPDIR" in said


@pytest.mark.parametrize("framework", STRANGERS)
def test_a_missing_package_is_unsupported_with_the_mend(found: Found, framework: str) -> None:
    for package, said in found[framework]["without"].items():
        assert f"needs {package}" in said
        assert f"pip install -e '.[{framework}]'" in said


@pytest.mark.parametrize("framework", STRANGERS)
def test_nothing_is_left(found: Found, framework: str) -> None:
    assert found[framework]["left"] == []
