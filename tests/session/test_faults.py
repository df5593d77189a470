"""What goes wrong in a model of a user's is told by its own file and line, or in a sentence with the mend: with the real workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.frameworks.conftest import interpreter
from tests.session.conftest import PROJECT, InnerRun, measurements
from tests.stand_in.model import MODEL

pytestmark = pytest.mark.slow

WORKERS = [f"--worker={framework}=popen//python={interpreter(framework)}" for framework in ("pytorch", "tensorflow")]
BENCHMARK = """
import pytest

@pytest.mark.cases("core", phase="inference", style="matched", workload="inference", execution="plain", precision="fp32", batch_size=4)
def test_inference(measure):
    measure()
"""
PYTORCH = """
import torch
from torch import nn


class Reader(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.head = nn.Linear(8, options.classes)

    def forward(self, tokens, mask):
        kept = mask.unsqueeze(-1).float()
        return self.head((self.embed(tokens) * kept).sum(1) / kept.sum(1))


def network(options):
    return Reader(options)
"""
TENSORFLOW = """
import keras
from keras import layers, ops


def network(options):
    tokens = keras.Input((6,), dtype="int64", name="tokens")
    mask = keras.Input((6,), dtype="bool", name="mask")
    kept = ops.cast(ops.expand_dims(mask, -1), "float32")
    mean = ops.sum(layers.Embedding(50, 8)(tokens) * kept, 1) / ops.sum(kept, 1)
    return keras.Model([tokens, mask], layers.Dense(options.classes)(mean))
"""
PLACE = "{folder}/{file}, line {line}: "

BOTH = ["pytorch", "tensorflow"]
UNPAIRED = "{folder}: the layers do not pair"
NOT_FINITE = "{folder}/pytorch.py: the output outputs is NaN or infinite"
# What is changed in which file, whose cases fail of it, and what is told; None leaves the file out.
FAULTS = {
    "a builder raises": ("tensorflow.py", "    mean =", "    1 / 0\n    mean =", ["tensorflow"], PLACE + "1 / 0: ZeroDivisionError", 10),
    "no syntax": ("tensorflow.py", "import keras\n", "import keras(\n", ["tensorflow"], "{folder}/tensorflow.py, line 2: import keras(", 0),
    "a builder of both": ("pytorch.py", "    return Reader", "    return Raeder", BOTH, PLACE + "return Raeder", 18),
    "forward raises": ("pytorch.py", "tokens) * kept", "tokens) @ kept", BOTH, PLACE + "return self.head", 14),
    "no file": ("tensorflow.py", TENSORFLOW, None, ["tensorflow"], "{folder}/tensorflow.py is missing: write network(options) into it", 0),
    "no network": ("tensorflow.py", "def network", "def net", ["tensorflow"], "{folder}/tensorflow.py: no function network(options)", 0),
    "an unknown option": (
        "pytorch.py",
        "options.classes",
        "options.size",
        BOTH,
        "options has no 'size', only classes",
        0,
    ),
    "not built": ("tensorflow.py", "keras.Model([tokens, mask], ", "(", ["tensorflow"], "{folder}/tensorflow.py: network(options)", 0),
    "not finite": (
        "pytorch.py",
        "/ kept.sum(1)",
        "/ (kept.sum(1) * 0)",
        BOTH,
        "{folder}/pytorch.py: the output outputs is NaN or infinite",
        0,
    ),
    "not finite in one": ("tensorflow.py", "/ ops.sum(kept, 1)", "/ 0.0", ["tensorflow"], "{folder}: the network's outputs hold NaN", 0),
    "weights that do not fit": (
        "tensorflow.py",
        "Embedding(50, 8)",
        "Embedding(50, 9)",
        ["tensorflow"],
        "{folder}: the layers do not pair",
        0,
    ),
    "other work": ("tensorflow.py", "/ ops.sum(kept, 1)", "/ 6.0", BOTH, "logits differ by", 0),
}


Faulty = tuple[InnerRun, str, dict[str, list[Measurement]]]  # the session, what it printed, and its measurements by model


def name_of(fault: str) -> str:
    return fault.replace(" ", "_")


def write(folder: Path, fault: str) -> None:
    file, text, replaced, *_ = FAULTS[fault]
    whole = {"model.toml": MODEL, "pytorch.py": PYTORCH, "tensorflow.py": TENSORFLOW}
    assert text in whole[file]
    folder.mkdir()
    for name, content in whole.items():
        if name != file or replaced is not None:
            (folder / name).write_text(content.replace(text, replaced or "", 1) if name == file else content)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    """A model for each fault, in one session: what is wrong with one is told of no other."""
    inner = InnerRun(tmp_path_factory.mktemp("faulty"))
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    (inner.folder / "conftest.py").write_text((PROJECT / "conftest.py").read_text())
    for fault in FAULTS:
        write(inner.folder / name_of(fault), fault)
    models = [f"--model={name_of(fault)}" for fault in FAULTS]
    code, output = inner.run(*models, "--benchmark-json=out.json", f"--input-cache={inner.folder / 'cache'}", *WORKERS)
    assert code == pytest.ExitCode.TESTS_FAILED
    found: dict[str, list[Measurement]] = {}
    for each in measurements(inner.json()).values():
        found.setdefault(each.case.model, []).append(each)
    return inner, output, found


def test_no_traceback_is_shown(faulty: Faulty) -> None:
    _, output, _ = faulty
    assert "Traceback" not in output


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_the_users_to_read(faulty: Faulty, fault: str) -> None:
    inner, _, found = faulty
    file, _, _, failed, told, line = FAULTS[fault]
    folder = inner.folder / name_of(fault)
    assert {each.case.framework for each in found[name_of(fault)] if each.outcome is not Outcome.OK} == set(failed)
    for each in found[name_of(fault)]:
        if each.outcome is not Outcome.OK:
            assert each.outcome is (Outcome.UNEQUAL_WORK if fault == "other work" else Outcome.ERROR)
            assert told.format(folder=folder, file=file, line=line) in each.detail
            assert "harness" not in each.detail
