"""A model whose port is wrong, examined by both real frameworks: what the terminal says, what the JSON has, what a refused case is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.findings.partings import grouped
from harness.record.parting import Examination, Part
from harness.session.examination import store
from tests.test_own_model import PYTORCH, TENSORFLOW, run, write_model

pytestmark = [pytest.mark.slow, pytest.mark.early]

EXAMINE = "benchmarks/test_equal_work.py"
WRONG = TENSORFLOW.replace("epsilon=1e-5", "epsilon=1e-3").replace('activation="relu"', 'activation="gelu"')
NARROW = PYTORCH.replace("self.norm(self.embed(tokens))", "self.norm(self.embed(tokens).float())")
WITHOUT_BIAS = TENSORFLOW.replace("layers.Dense(32, ", "layers.Dense(32, use_bias=False, ")


MODELS: dict[str, dict[str, str]] = {  # what is not as in the sound port
    "sound": {},
    "wrong": {"tensorflow.py": WRONG},
    "without_bias": {"tensorflow.py": WITHOUT_BIAS},
    "narrow": {"pytorch.py": NARROW},
    "unbuilt": {"tensorflow.py": "def network(options):\n    return 1\n"},
}


class Examined:
    """All of them, in one session."""

    def __init__(self, folder: Path) -> None:
        first, *others = (write_model(folder / name, **files) for name, files in MODELS.items())
        storage = f"--benchmark-storage=file://{folder / 'storage'}"
        models = [f"--model={each}" for each in others]
        self.exit_code, self.output = run(folder, first, *models, storage, EXAMINE, "--examined-steps=2", "-rA")
        self.folder = folder / "storage" / "equal-work"

    def passed(self, model: str) -> bool:
        (outcome,) = (
            line.split()[0]
            for line in self.output.splitlines()
            if line.partition(" - ")[0].endswith(f" {EXAMINE}::test_equal_work[{model}]")
        )
        return outcome == "PASSED"

    def told(self, model: str) -> str:
        """What the terminal says of it, up to where its examination is kept: in one line, as it is read."""
        beginning = self.output.partition(" equal work ")[2].partition(f"\n{model}: ")[2]
        assert beginning
        return " ".join(f"{model}: {beginning.partition(f'{model}.html')[0]}".split())

    def found(self, model: str) -> Examination:
        return store.read(self.folder / f"{model}.json")

    def reasons(self, model: str) -> dict[str, list[str]]:
        """By layer."""
        return {each.layer: [reason.entry for reason in each.reasons] for each in self.found(model).faults if each.part is Part.INFERENCE}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Examined:
    together = Examined(tmp_path_factory.mktemp("examined"))
    assert together.exit_code == pytest.ExitCode.TESTS_FAILED
    return together


def test_a_sound_port_is_the_same_network(together: Examined) -> None:
    found = together.found("sound")
    assert together.passed("sound"), together.output
    assert "sound: the same network in PyTorch and TensorFlow: 4 layers" in together.told("sound")
    assert {line.part for line in found.lines} >= {Part.INFERENCE, Part.TRAINING, Part.GRADIENTS, Part.STEP, Part.STEPS}
    assert {line.precision for line in found.lines} == {"fp64", "fp32", "bf16"}
    assert max(point.apart for line in found.lines for point in line.points if line.precision == "fp64") < 1e-4
    assert (together.folder / "sound.html").read_text().startswith("<!doctype html>")


def test_each_fault_is_told_with_its_place_reason_and_mend(together: Examined) -> None:
    reasons, told = together.reasons("wrong"), together.told("wrong")
    assert not together.passed("wrong")
    assert reasons == {"norm": ["epsilon"], "head": ["activation"]} or reasons == {"norm": ["epsilon"], "hidden": ["activation"]}
    assert "epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow" in told
    assert "PyTorch has ReLU, TensorFlow GELU exact" in told
    assert "mend in PyTorch" in told
    assert len(grouped(together.found("wrong").faults)) == 2, "of training nothing else is told than of inference"


def test_layers_that_do_not_pair_are_explained_too(together: Examined) -> None:
    assert not together.passed("without_bias")
    assert together.reasons("without_bias") == {"hidden": ["bias"]}


def test_a_network_of_float32_alone_is_examined_in_that(together: Examined) -> None:
    assert together.passed("narrow"), together.output
    assert any("float32 and not float64" in note for note in together.found("narrow").notes)


def test_what_cannot_be_built_is_told(together: Examined) -> None:
    assert not together.passed("unbuilt")
    assert "network(options) gives a int" in together.output


def test_a_refused_case_is_told_where_and_why(tmp_path: Path) -> None:
    model = write_model(tmp_path / "reader", **MODELS["wrong"])
    storage = f"--benchmark-storage=file://{tmp_path / 'storage'}"
    exit_code, _ = run(
        tmp_path, model, storage, "benchmarks/test_inference.py", "-m", "core", "-k", "matched and bs4", "--examined-steps=0"
    )
    assert exit_code == pytest.ExitCode.TESTS_FAILED
    written = json.loads((tmp_path / "out.json").read_text())
    details: list[str] = [each["measurement"]["detail"] for each in written["unmeasured"]]
    assert details
    for detail in details:
        assert "not the same work" in detail
        assert "norm: epsilon is 1e-05 in PyTorch, 0.001 in TensorFlow" in detail
    (kept,) = written["examinations"]
    assert next(each["layer"] for each in kept["partings"]) == "norm"
