"""The training of many models on tape, and walked through. Runs in a framework's interpreter, as `examining`."""

from __future__ import annotations

from pathlib import Path

import msgspec

import fixtures.corpora.batch
from harness.frameworks.contract import Setup
from harness.frameworks.tape import Trained, Walked
from harness.record.parting import Part
from harness.session.equal_work import FULL_STEPS
from tests.examined.examining import Asked
from tests.models.answering import coarse_images

STEPS = 20
LARGE = 1_000_000  # bytes of weights: a network that ships, whose step takes seconds


def tapes(folder: str) -> int:
    """Makes a `NAME.tape` of each `NAME.asked` of the folder, in TensorFlow."""
    from harness.frameworks.tensorflow import taped

    fixtures.corpora.batch.canonical_batch = coarse_images  # these tests need no corpus
    paths = sorted(Path(folder).glob("*.asked"))
    for path in paths:
        asked = msgspec.msgpack.decode(path.read_bytes(), type=Asked)
        path.with_suffix(".tape").write_bytes(msgspec.msgpack.encode(taped.training(asked.setup, _steps(asked.setup), asked.wanted)))
    return len(paths)


def walks(folder: str) -> int:
    """Walks through PyTorch's steps of each `NAME.asked` beside its `NAME.tape`: what is found of all parts is in a `NAME.walked`."""
    from harness.frameworks.pytorch.walk import training

    fixtures.corpora.batch.canonical_batch = coarse_images
    paths = sorted(Path(folder).glob("*.tape"))
    for path in paths:
        asked = msgspec.msgpack.decode(path.with_suffix(".asked").read_bytes(), type=Asked)
        found: dict[Part, Walked] = training.training(asked.setup, msgspec.msgpack.decode(path.read_bytes(), type=Trained))
        partings = tuple(parting for walked in found.values() for parting in walked.partings)
        whole = Walked(partings, (), found[Part.TRAINING].layers, found[Part.TRAINING].wanted)
        path.with_suffix(".walked").write_bytes(msgspec.msgpack.encode(whole))
    return len(paths)


def _steps(setup: Setup) -> int:
    """Of a network that ships no more than its equal work is proven by."""
    return FULL_STEPS if Path(setup.weights_file).stat().st_size > LARGE else STEPS
