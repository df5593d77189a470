"""A model of somebody's own, in a folder outside the checkout, by the main job with both real frameworks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from harness.record.case import Execution, Precision, Workload
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.main_job import BESIDE_OTHERS, read
from tests.session.conftest import LIGHT

pytestmark = [pytest.mark.slow, pytest.mark.early]

PROJECT = Path(__file__).parents[1]
QUICK = ("--budget=none", "--benchmark-max-time=0.3", "--benchmark-min-rounds=5", "--benchmark-precision=0.2", *LIGHT)

MODEL = """
title = "Reader"
item = "sequence"
loss = "cross_entropy"
trained = ["head."]

[options]
tokens = 50
features = 16

[inputs.tokens]
shape = [12]
dtype = "int64"
below = 50

[inputs.mask]
shape = [12]
dtype = "bool"

[targets.kind]
shape = []
dtype = "int64"
below = 5
"""

PYTORCH = """
import torch
from torch import nn


class Reader(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.embed = nn.Embedding(options.tokens, options.features)
        self.norm = nn.LayerNorm(options.features)
        self.hidden = nn.Linear(options.features, 32)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(32, options.classes)

    def forward(self, tokens, mask):
        found = torch.relu(self.hidden(self.norm(self.embed(tokens))))
        kept = mask.unsqueeze(-1).to(found.dtype)
        mean = (found * kept).sum(1) / kept.sum(1)
        return self.head(self.dropout(mean))


def network(options):
    return Reader(options)
"""

TENSORFLOW = """
import keras
from keras import layers, ops


def network(options):
    tokens = keras.Input((12,), dtype="int64", name="tokens")
    mask = keras.Input((12,), dtype="bool", name="mask")
    found = layers.LayerNormalization(epsilon=1e-5)(layers.Embedding(options.tokens, options.features)(tokens))
    found = layers.Dense(32, activation="relu")(found)
    kept = ops.cast(ops.expand_dims(mask, -1), found.dtype)
    mean = ops.sum(found * kept, 1) / ops.sum(kept, 1)
    return keras.Model([tokens, mask], layers.Dense(options.classes)(layers.Dropout(0.1)(mean)))
"""


def write_model(folder: Path, **files: str) -> Path:
    """A folder that is whole but for the files that are named: another text, or "" for none."""
    folder.mkdir(parents=True)
    for name, text in ({"model.toml": MODEL, "pytorch.py": PYTORCH, "tensorflow.py": TENSORFLOW} | files).items():
        if text:
            (folder / name).write_text(textwrap.dedent(text))
    return folder


def run(folder: Path, model: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `pytest benchmarks --model MODEL`, whose JSON is `folder / out.json` and whose cache is in `folder`."""
    (folder / "small.json").write_text(json.dumps({"batch_size": 4}))
    own = [f"--benchmark-json={folder / 'out.json'}", f"--input-cache={folder / 'cache'}", f"--experiment={folder / 'small.json'}"]
    where = [] if any(each.startswith("benchmarks") for each in arguments) else ["benchmarks"]
    command = [sys.executable, "-m", "pytest", *where, *QUICK, *BESIDE_OTHERS, *own, f"--model={model}", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900, check=False)
    print(done.stdout, done.stderr)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def measured(folder: Path) -> tuple[int, str, dict[str, Any], dict[str, Measurement]]:
    """Every phase that applies, plain in both precisions of a CPU, and compiled once."""
    model = write_model(folder / "reader")
    left_out = "attribution or fused_norm or tf32 or bs1 and bf16 or bs16 or bs64 and not largest_batch"
    left_out += " or largest_batch and (not frozen or bf16) or test_memory and (full or inference or bf16)"  # a fresh process each
    left_out += " or stock and frozen or inference and bs8"  # as trained whole, and as with four
    left_out += " or data_parallel and not (default_exchange and matched and full and fp32 and bs4 and ranks2)"  # processes of their own
    compiled = "train_step and full and fp32 and (compile or xla)"
    code, output = run(folder, model, "-m", "core or not core", "-k", f"not ({left_out}) and not (compile or xla) or {compiled}")
    return code, output, *read(folder)


def test_it_is_measured_in_every_phase_that_applies(measured: tuple[int, str, dict[str, Any], dict[str, Measurement]]) -> None:
    code, _, report, measurements = measured
    assert code == pytest.ExitCode.OK
    found = {each.case.phase for each in measurements.values() if each.outcome is Outcome.OK}
    assert found == {"train_step", "inference", "memory", "model_formats", "data_parallel"}
    unmeasured = {(each.case.phase, each.outcome) for each in measurements.values() if each.outcome is not Outcome.OK}
    # Without a GPU, and of HDF5, which keeps layers alone: this network has operations between them.
    assert unmeasured == {("largest_batch", Outcome.UNSUPPORTED), ("model_formats", Outcome.UNSUPPORTED)}
    assert [name for name, each in measurements.items() if each.outcome is Outcome.UNSUPPORTED and "hdf5" in name] != []
    assert {each.case.model for each in measurements.values()} == {"reader"}
    assert {each.item for each in measurements.values()} == {"sequence"}
    assert all("reader-" in name for name in measurements)
    assert any("sequences_per_second" in each["extra_info"] for each in report["benchmarks"])


def test_its_work_is_proven_equal(measured: tuple[int, str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, _, _, measurements = measured
    matched = [each for each in measurements.values() if each.equal_work is not None]
    proven = {(each.case.workload, each.case.precision) for each in matched if each.equal_work and each.equal_work.holds}
    assert proven >= {
        (workload, precision) for workload in (Workload.FROZEN, Workload.FULL, Workload.INFERENCE) for precision in ("fp32", "bf16")
    }
    assert any(each.case.execution is Execution.COMPILED for each in matched)
    for each in matched:
        assert each.equal_work is not None
        names = {check.name for check in each.equal_work.checks}
        assert names >= ({"logits"} if each.case.workload is Workload.INFERENCE else {"loss curve", "gradient norm", "weights"})
        assert "pixels" not in names
        if each.case.precision is Precision.FP32 and each.case.workload is Workload.INFERENCE:
            assert all(check.tolerance < 1e-3 for check in each.equal_work.checks)


def test_what_is_not_collected_is_told(measured: tuple[int, str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, output, _, _ = measured
    line = next(line for line in output.splitlines() if line.startswith("reader:"))
    assert "data pipeline" in line
    assert "fine-tuning" in line
    assert "corpus" in line


def test_the_terminal_names_it(measured: tuple[int, str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, output, _, _ = measured
    side_by_side = output.partition("side by side")[2]
    assert "Reader" in side_by_side
    assert "sequences/s" in side_by_side


def test_what_it_was_made_from_stands_in_the_json(measured: tuple[int, str, dict[str, Any], dict[str, Measurement]]) -> None:
    _, _, report, measurements = measured
    made = report["machine_info"]["suite"]["models"]["reader"]
    assert made["sha256"]
    assert made["weights_sha256"]
    assert {each.provenance.model_sha256 for each in measurements.values() if each.provenance} == {made["sha256"]}


def test_a_second_run_finds_everything_made(folder: Path, measured: tuple[int, str, dict[str, Any], dict[str, Measurement]]) -> None:
    """No weights, no count, no pairing, no rounding: what is kept stays as it was. And it compares with the first."""
    kept = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (folder / "cache").rglob("*") if path.suffix != ".lock"}
    assert any(path.suffix == ".safetensors" for path in kept)
    shutil.copy(folder / "out.json", folder / "first.json")
    chosen = ["-k", "test_inference and bs4 and fp32 and (eager or graph) and not fused", f"--benchmark-compare={folder / 'first.json'}"]
    code, output = run(folder, folder / "reader", *chosen)
    assert code == pytest.ExitCode.OK
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in kept} == kept
    assert "does not compare" not in output


def test_another_text_of_the_model_does_not_compare(
    folder: Path, measured: tuple[int, str, dict[str, Any], dict[str, Measurement]]
) -> None:
    shutil.copytree(folder / "reader", folder / "other" / "reader", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "other" / "reader" / "pytorch.py").open("a") as file:
        file.write("\n# one thing more\n")
    shutil.copy(folder / "out.json", folder / "first.json")
    chosen = ["-k", "inference and bs1 and fp32 and (eager or graph)", f"--benchmark-compare={folder / 'first.json'}"]
    code, output = run(folder, folder / "other" / "reader", *chosen)
    assert code != pytest.ExitCode.OK
    assert "does not compare" in output
    assert "model reader" in output
