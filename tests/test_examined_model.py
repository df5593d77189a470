"""A model whose port is wrong, examined by both real frameworks: what the terminal says, what the JSON has, what a refused case is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.findings.partings import grouped
from harness.record.parting import Examination, Part
from harness.session.examination import store
from tests.test_own_model import PYTORCH, TENSORFLOW, run, write_model

pytestmark = pytest.mark.alone

EXAMINE = "benchmarks/test_equal_work.py"
WRONG = TENSORFLOW.replace("epsilon=1e-5", "epsilon=1e-3").replace('activation="relu"', 'activation="gelu"')
NARROW = PYTORCH.replace("self.norm(self.embed(tokens))", "self.norm(self.embed(tokens).float())")
WITHOUT_BIAS = TENSORFLOW.replace("layers.Dense(32, ", "layers.Dense(32, use_bias=False, ")


class Examined:
    """Of a run in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **files: str) -> None:
        model = write_model(folder / "reader", **files)
        storage = f"--benchmark-storage=file://{folder / 'storage'}"
        self.exit_code, self.output = run(folder, model, storage, *arguments)
        self.folder = folder / "storage" / "equal-work"

    @property
    def found(self) -> Examination:
        return store.read(self.folder / "reader.json")

    @property
    def reasons(self) -> dict[str, list[str]]:
        """By layer."""
        return {each.layer: [reason.entry for reason in each.reasons] for each in self.found.faults if each.part is Part.INFERENCE}


def test_a_sound_port_is_the_same_network(tmp_path: Path) -> None:
    examined = Examined(tmp_path, EXAMINE)
    assert examined.exit_code == 0, examined.output
    assert "reader: the same network in PyTorch and TensorFlow: 4 layers" in examined.output
    assert {line.part for line in examined.found.lines} >= {Part.INFERENCE, Part.TRAINING, Part.GRADIENTS, Part.STEP, Part.STEPS}
    assert {line.precision for line in examined.found.lines} == {"fp64", "fp32", "bf16"}
    assert max(point.apart for line in examined.found.lines for point in line.points if line.precision == "fp64") < 1e-4
    assert (examined.folder / "reader.html").read_text().startswith("<!doctype html>")


def test_each_fault_is_told_with_its_place_reason_and_mend(tmp_path: Path) -> None:
    examined = Examined(tmp_path, EXAMINE, "--examined-steps=2", **{"tensorflow.py": WRONG})
    assert examined.exit_code == 1
    assert examined.reasons == {"norm": ["epsilon"], "head": ["activation"]} or examined.reasons == {
        "norm": ["epsilon"],
        "hidden": ["activation"],
    }
    assert "epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow" in examined.output
    assert "PyTorch has ReLU, TensorFlow GELU exact" in examined.output
    assert "mend in PyTorch" in examined.output
    assert len(grouped(examined.found.faults)) == 2, "of training nothing else is told than of inference"


def test_a_refused_case_is_told_where_and_why(tmp_path: Path) -> None:
    chosen = ("benchmarks/test_inference.py", "-m", "core", "-k", "matched and bs4", "--examined-steps=0")
    examined = Examined(tmp_path, *chosen, **{"tensorflow.py": WRONG})
    assert examined.exit_code == 1
    written = json.loads((tmp_path / "out.json").read_text())
    details: list[str] = [each["measurement"]["detail"] for each in written["unmeasured"]]
    assert details
    for detail in details:
        assert "not the same work" in detail
        assert "norm: epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow" in detail
    (kept,) = written["examinations"]
    assert next(each["layer"] for each in kept["partings"]) == "norm"


def test_layers_that_do_not_pair_are_explained_too(tmp_path: Path) -> None:
    examined = Examined(tmp_path, EXAMINE, **{"tensorflow.py": WITHOUT_BIAS})
    assert examined.exit_code == 1
    assert examined.reasons == {"hidden": ["bias"]}


def test_a_network_of_float32_alone_is_examined_in_that(tmp_path: Path) -> None:
    examined = Examined(tmp_path, EXAMINE, "--examined-steps=0", **{"pytorch.py": NARROW})
    assert examined.exit_code == 0, examined.output
    assert any("float32 and not float64" in note for note in examined.found.notes)


def test_what_cannot_be_built_is_told(tmp_path: Path) -> None:
    examined = Examined(tmp_path, EXAMINE, **{"tensorflow.py": "def network(options):\n    return 1\n"})
    assert examined.exit_code == 1
    assert "network(options) gives a int" in examined.output
