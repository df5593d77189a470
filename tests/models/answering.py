"""What a worker answers to the requests that equal work is proven by. Runs in a framework's interpreter, one process for all of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

import fixtures.corpora.batch
from fixtures.corpora import CLASSES
from fixtures.models.description import ModelError
from fixtures.models.weights import WeightsError
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Framework, Setup
from harness.frameworks.original import Original
from harness.worker import inputs, rounding, traces
from harness.worker.protocol import MakeWeights, TraceOutputs, TraceRounding, TraceTraining
from harness.worker.trace import OutputTrace, TrainingTrace

Asked = MakeWeights | TraceOutputs | TraceTraining | TraceRounding


def answer(framework: str, folder: str) -> int:
    """Answers each `NAME.request` of the folder by a `NAME.answer` beside it.

    Where the user would be told that something is not as it has to be, that is in a `NAME.refusal`.
    """
    fixtures.corpora.batch.canonical_batch = coarse_images  # these tests need no corpus
    listing = FRAMEWORKS[framework]
    module: Framework = importlib.import_module(listing.module)
    original: Original | None = importlib.import_module(listing.original) if listing.original else None
    asked = sorted(Path(folder).glob("*.request"), key=lambda path: path.stem)  # what is traced before its rounding
    traced: dict[tuple[Setup, int], OutputTrace | TrainingTrace] = {}
    for path in asked:
        request: Any = msgspec.msgpack.decode(path.read_bytes(), type=Asked)
        try:
            told = _told(module, original, request, traced)
        except (ModelError, WeightsError) as error:
            path.with_suffix(".refusal").write_text(str(error))
        else:
            path.with_suffix(".answer").write_bytes(msgspec.msgpack.encode(told))
    return len(asked)


def coarse_images(root: Path, size: int, count: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Random colours of 8 × 8 squares, about normalised, and labels that are all different."""
    coarse = np.random.default_rng(count).standard_normal((count, 8, 8, 3))
    images = np.kron(coarse, np.ones((1, size // 8, size // 8, 1))).astype(np.float32)
    return images, np.arange(count, dtype=np.int64) * 13 % CLASSES


def _told(module: Framework, original: Original | None, request: Any, traced: dict[tuple[Setup, int], OutputTrace | TrainingTrace]) -> Any:
    """traced: what is traced already, as a worker keeps it."""
    match request:
        case MakeWeights():
            return inputs.canonical_weights(request, original, lambda *_: None)
        case TraceOutputs(setup):
            traced[setup, 0] = outputs = traces.outputs(module, setup)
            return outputs
        case TraceTraining(setup, steps):
            traced[setup, steps] = trained = traces.training(module, setup, steps)
            return trained
        case TraceRounding():
            return rounding.of(module, request, traced)
        case _:
            raise TypeError(type(request).__name__)
