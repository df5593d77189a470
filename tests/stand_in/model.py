"""A model of a user's own that needs no framework: its weights come from `weights.py`, so that stand-ins can have it."""

from __future__ import annotations

from pathlib import Path

from fixtures.models.folder import Folder, find

MODEL = """
title = "Reader"
item = "sentence"
loss = "cross_entropy"
trained = ["head."]

[inputs.tokens]
shape = [6]
dtype = "int64"
below = 50

[inputs.mask]
shape = [6]
dtype = "bool"

[targets.kind]
shape = []
dtype = "int64"
below = 5
"""
WEIGHTS = """
import numpy as np


def weights(options, seed, pretrained):
    return {"head.weight": np.full((options.classes, 3), seed, np.float32)}
"""
FRAMEWORK = """
def network(options):
    raise NotImplementedError("no stand-in builds a network")
"""


def write_model(root: Path, **files: str) -> Folder:
    """The folder, whole but for the files that are named, without their endings: another text, or "" for none."""
    root.mkdir(parents=True)
    own = {"model": MODEL, "weights": WEIGHTS, "sound": FRAMEWORK, "queued": FRAMEWORK} | files
    for name, text in own.items():
        if text:
            (root / f"{name}{'.toml' if name == 'model' else '.py'}").write_text(text)
    return find(str(root))
