"""The training of many models on tape, and walked through. Runs in a framework's interpreter, as `examining`."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.frameworks.tape import Trained, Walked
from harness.record.parting import Part
from tests.examined.examining import Asked

STEPS = 20


def tapes(folder: str) -> int:
    """Makes a `NAME.tape` of each `NAME.asked` of the folder, in TensorFlow."""
    from harness.frameworks.tensorflow import taped

    paths = sorted(Path(folder).glob("*.asked"))
    for path in paths:
        asked = msgspec.msgpack.decode(path.read_bytes(), type=Asked)
        path.with_suffix(".tape").write_bytes(msgspec.msgpack.encode(taped.training(asked.setup, STEPS, asked.wanted)))
    return len(paths)


def walks(folder: str) -> int:
    """Walks through PyTorch's steps of each `NAME.asked` beside its `NAME.tape`: what is found of all parts is in a `NAME.walked`."""
    from harness.frameworks.pytorch.walk import training

    paths = sorted(Path(folder).glob("*.tape"))
    for path in paths:
        asked = msgspec.msgpack.decode(path.with_suffix(".asked").read_bytes(), type=Asked)
        found: dict[Part, Walked] = training.training(asked.setup, msgspec.msgpack.decode(path.read_bytes(), type=Trained))
        partings = tuple(parting for walked in found.values() for parting in walked.partings)
        whole = Walked(partings, (), found[Part.TRAINING].layers, found[Part.TRAINING].wanted)
        path.with_suffix(".walked").write_bytes(msgspec.msgpack.encode(whole))
    return len(paths)
