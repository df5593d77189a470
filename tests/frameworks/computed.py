"""What a framework computes from given weights and images. Runs in the framework's interpreter; knows it by its contract alone."""

from __future__ import annotations

import importlib
import math
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import psutil
import safetensors.numpy

import fixtures.corpora.batch
from fixtures.corpora import CLASSES
from fixtures.experiments.experiment import Experiment, Head
from fixtures.models import DEFAULT, values
from fixtures.models.folder import find
from fixtures.models.weights import load
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Framework, Inference, Setup, TrainStep
from harness.phases import ladders
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import ON_A_GPU, SURROUNDINGS, Source

MODEL = find(DEFAULT)
EXPERIMENT = Experiment(name="test", image_size=64, seed=1, head=Head(dropout=0.0))
BATCH_SIZE = 8
HEAD_STEPS = 20
FULL_STEPS = 3


def smooth_images(count: int, seed: int, image_size: int = EXPERIMENT.image_size) -> npt.NDArray[np.float32]:
    """Random coarse colours, enlarged: (count, image_size, image_size, 3), about normalised."""
    coarse = np.random.default_rng(seed).standard_normal((count, 8, 8, 3))
    return np.kron(coarse, np.ones((1, image_size // 8, image_size // 8, 1))).astype(np.float32)


def batch(seed: int = EXPERIMENT.seed) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    return smooth_images(BATCH_SIZE, seed), np.arange(BATCH_SIZE, dtype=np.int64) * 13 % CLASSES


class Computing:
    """A framework, and the weights it computes with."""

    def __init__(self, framework: str, weights: str) -> None:
        fixtures.corpora.batch.canonical_batch = lambda *_: batch()  # these tests need no corpus
        self.name = framework
        self.module: Framework = importlib.import_module(FRAMEWORKS[framework].module)
        self._weights = weights

    def setup(
        self,
        workload: Workload,
        execution: Execution | None = Execution.PLAIN,
        precision: Precision | None = Precision.FP32,
        style: Style = Style.MATCHED,
        rung: Source | None = None,
    ) -> Setup:
        phase = "inference" if workload is Workload.INFERENCE else "train_step"
        case = Case(
            framework=self.name,
            phase=phase,
            workload=workload,
            style=style,
            rung=rung,
            batch_size=BATCH_SIZE,
            execution=execution,
            precision=precision,
        )
        return setup_of(case, EXPERIMENT, model=MODEL, classes=CLASSES, weights=self._weights, threads=2)

    def inference(self, setup: Setup) -> Inference:
        self.module.open_device(setup)
        return self.module.inference(setup)

    def train_step(self, setup: Setup) -> TrainStep:
        self.module.open_device(setup)
        return self.module.train_step(setup)

    def logits(self, execution: Execution = Execution.PLAIN, precision: Precision = Precision.FP32) -> Any:
        work = self.inference(self.setup(Workload.INFERENCE, execution, precision))
        found = work.outputs()["outputs"].tolist()
        work.close()
        return found


def everything(framework: str, weights: str) -> dict[str, Any]:
    """All that `matched` is tested by: one start of an interpreter is dear."""
    computing = Computing(framework, weights)
    found = {
        "logits": computing.logits(),
        "bf16_logits": computing.logits(precision=Precision.BF16),
        "frozen": training(computing, computing.setup(Workload.FROZEN), HEAD_STEPS),
        "full": training(computing, computing.setup(Workload.FULL), FULL_STEPS),
        "full_fused": training(computing, computing.setup(Workload.FULL, Execution.FUSED_NORM), FULL_STEPS),
        "fused_logits": computing.logits(Execution.FUSED_NORM),
        "meters": [[reading.value_bytes, reading.status] for reading in computing.module.peak_memory()],
        "environment": computing.module.environment(),
        "out_of_memory": [computing.module.is_out_of_memory(error) for error in (MemoryError(), ValueError("x"), RuntimeError("x"))],
        "refusals": refusals(computing),
        "compiled_logits": computing.logits(Execution.COMPILED),
        "left_over_by_the_compiler": left_over(computing),
        "losses": list(importlib.import_module(f"harness.frameworks.{framework}.loss").LOSSES),
    }
    if framework == "tensorflow":
        found |= {"faulty_logits": faulty_logits(weights), "traces": traces(weights)}
    return found


def left_over(computing: Computing) -> list[str]:
    """Processes that would be counted as an input pipeline's."""
    computing.module.reset_peak_memory()
    return [" ".join(each.cmdline()) for each in psutil.Process().children(recursive=True)]


def training(computing: Computing, setup: Setup, steps: int) -> dict[str, Any]:
    work = computing.train_step(setup)
    before = work.weights()
    norm = math.hypot(*work.gradient_norms())
    untouched = all(np.array_equal(before[name], values) for name, values in work.weights().items())
    trained = sorted(work.trained())
    losses = []
    after_one = before
    for step in range(steps):
        work.step()
        work.fence()
        losses.append(work.read_back())
        if step == 0:
            after_one = work.weights()
    after = work.weights()
    work.close()
    return {
        "gradient_norm": norm,
        "untouched_by_gradient_norm": untouched,
        "losses": losses,
        "trained": trained,
        "changed": [name for name in before if not np.array_equal(before[name], after[name])],
        "running_means": np.concatenate([after_one[name] for name in sorted(after) if name.endswith("running_mean")]).tolist(),
    }


def stock(framework: str, weights: str) -> dict[str, Any]:
    """Each stock path once. In a process of its own: TensorFlow's threads are set once a process, and stock does not set them."""
    computing = Computing(framework, weights)
    work = computing.train_step(computing.setup(Workload.FROZEN, None, None, Style.STOCK))
    losses = []
    for _ in range(4):
        work.step()
        losses.append(work.read_back())
    norm = math.hypot(*work.gradient_norms())
    work.close()
    inference = computing.inference(computing.setup(Workload.INFERENCE, None, None, Style.STOCK))
    found = inference.outputs()["outputs"]
    inference.close()
    return {"losses": losses, "gradient_norm": norm, "logits_shape": found.shape, "ladder": ladder(computing)}


def ladder(computing: Computing) -> dict[str, list[float]]:
    """The losses of three steps at each rung that threads and a GPU do not matter to, from `stock` up."""
    rungs = [None, *(rung for rung in ladders.STEP if rung not in ON_A_GPU | SURROUNDINGS)]
    losses = {}
    for rung in rungs:
        work = computing.train_step(computing.setup(Workload.FROZEN, None, None, Style.LADDER, rung))
        losses[rung or "stock"] = []
        for _ in range(3):
            work.step()
            losses[rung or "stock"].append(work.read_back())
        work.close()
    return losses


def refusals(computing: Computing) -> dict[str, str]:
    """What the port says to weights that are not the network's."""
    setup = computing.setup(Workload.INFERENCE)
    good = load(setup.weights_file)
    wrong = {
        "missing": {name: values for name, values in good.items() if name != "layer2.1.bn2.running_var"},
        "unknown": good | {"layer5.0.conv1.weight": np.zeros(1, np.float32)},
        "misshapen": good | {"fc.output.weight": good["fc.output.weight"].T.copy()},
    }
    said = {}
    for fault, weights in wrong.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.safetensors"
            safetensors.numpy.save_file(weights, file)
            try:
                computing.module.inference(msgspec.structs.replace(setup, weights=str(file)))
            except ValueError as error:
                said[fault] = f"{type(error).__name__}: {error}"
    return said


def faulty_logits(weights: str) -> dict[str, Any]:
    """Keras' logits with one mistake each that a port can make without an error."""
    computing = Computing("tensorflow", weights)
    from fixtures.models.resnet50 import architecture
    from fixtures.models.resnet50 import tensorflow as model

    sound = SimpleNamespace(epsilon=architecture.BATCH_NORM_EPSILON, blocks=architecture.blocks, padded=model.padded)
    found = {}

    architecture.BATCH_NORM_EPSILON = 1e-3
    found["batch norm epsilon"] = computing.logits()
    architecture.BATCH_NORM_EPSILON = sound.epsilon

    architecture.blocks = lambda: tuple(with_stride_first(each) for each in sound.blocks())
    found["v1 stride"] = computing.logits()
    architecture.blocks = sound.blocks

    model.padded = padded_at_the_end
    found["padding same"] = computing.logits()
    model.padded = sound.padded
    return found


def with_stride_first(block: Any) -> Any:
    stride = block.spatial.stride
    moved = {"reduce": msgspec.structs.replace(block.reduce, stride=stride), "spatial": msgspec.structs.replace(block.spatial, stride=1)}
    return msgspec.structs.replace(block, **moved)


def padded_at_the_end(convolution: Any, inputs: Any) -> Any:
    """What TensorFlow's "same" does at stride 2."""
    import keras

    if convolution.stride == 1 or convolution.padding == 0:
        return inputs
    sides = (convolution.padding - 1, convolution.padding)
    return keras.layers.ZeroPadding2D((sides, sides))(inputs)


def traces(weights: str) -> dict[str, int]:
    """How often TensorFlow traced its step over several steps and two batches."""
    computing = Computing("tensorflow", weights)
    from harness.frameworks.tensorflow import batches

    setup = computing.setup(Workload.FROZEN)
    work: Any = computing.train_step(setup)
    losses = []
    for seed in (2, 3):
        work.load(batches.native(values.of_images(MODEL.description, *batch(seed)), setup))
        for _ in range(2):
            work.step()
        losses.append(work.read_back())
    return {"traces": work._train.experimental_get_tracing_count(), "distinct_losses": len(set(losses))}
