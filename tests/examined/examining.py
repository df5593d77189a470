"""What frameworks do for an examination, of many models in one process. Runs in a framework's interpreter, as `models.answering`."""

from __future__ import annotations

from pathlib import Path

import msgspec

import fixtures.corpora.batch
from fixtures.models.description import ModelError
from fixtures.models.weights import WeightsError
from harness.frameworks.contract import Setup
from harness.frameworks.tape import Tape, Walked
from tests.models.answering import coarse_images


class Asked(msgspec.Struct, frozen=True):
    """Of a network's inference."""

    setup: Setup
    wanted: tuple[int, ...] = ()  # records of the tape that are needed whole


def tapes(folder: str) -> int:
    """Makes a `NAME.tape` of each `NAME.asked` of the folder, in TensorFlow.

    Where the user would be told that a model is not as it has to be, that is in a `NAME.refusal`.
    """
    from harness.frameworks.tensorflow import taped  # of this interpreter alone

    fixtures.corpora.batch.canonical_batch = coarse_images  # these tests need no corpus
    paths = sorted(Path(folder).glob("*.asked"))
    for path in paths:
        asked = msgspec.msgpack.decode(path.read_bytes(), type=Asked)
        try:
            made = taped.inference(asked.setup, asked.wanted)
        except (ModelError, WeightsError) as error:
            path.with_suffix(".refusal").write_text(str(error))
        else:
            path.with_suffix(".tape").write_bytes(msgspec.msgpack.encode(made))
    return len(paths)


def walks(folder: str) -> int:
    """Walks through PyTorch's network of each `NAME.asked` beside its `NAME.tape`: what is found is in a `NAME.walked`."""
    from harness.frameworks.pytorch.walk import inference  # of this interpreter alone

    fixtures.corpora.batch.canonical_batch = coarse_images
    paths = sorted(Path(folder).glob("*.tape"))
    for path in paths:
        asked = msgspec.msgpack.decode(path.with_suffix(".asked").read_bytes(), type=Asked)
        found: Walked = inference.inference(asked.setup, msgspec.msgpack.decode(path.read_bytes(), type=Tape))
        path.with_suffix(".walked").write_bytes(msgspec.msgpack.encode(found))
    return len(paths)
