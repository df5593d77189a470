"""PyTorch's losses of given outputs. Runs in its interpreter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import loss
from tests.frameworks.small_models import folder, said, sequential, setup

GENERATOR = np.random.default_rng(5)
TOML = 'title = "L"\nitem = "row"\n[inputs.x]\nshape = [4]\n{target}'
TARGET = '[targets.y]\nshape = {shape}\ndtype = "{dtype}"\n'
INTEGERS = "below = 3\n"
OWN = sequential("nn.Linear(4, 3)") + "def loss(outputs, targets):\n    return {value}\n"
PLAIN = sequential("nn.Linear(4, 3)")


def of_loss(root: str, name: str, loss_name: str, target: str, code: str = PLAIN, more: str = "") -> Setup:
    head, _, tables = TOML.format(target=target).partition("[inputs")
    return setup(folder(Path(root), name, f'{head}loss = "{loss_name}"\n{more}[inputs{tables}', code))


def losses() -> dict[str, Any]:
    """Each loss by name as [outputs, targets, loss]; and what is said of what does not fit."""
    logits, labels = GENERATOR.standard_normal((4, 3)), GENERATOR.integers(0, 3, 4)
    sequence, of_sequence = GENERATOR.standard_normal((4, 5, 3)), GENERATOR.integers(0, 3, (4, 5))
    bits, numbers = GENERATOR.integers(0, 2, (4, 3)) == 1, GENERATOR.standard_normal((4, 3))
    integers = TARGET.format(shape=[], dtype="int64") + INTEGERS
    with tempfile.TemporaryDirectory() as root:
        classes_of = of_loss(root, "classes", "cross_entropy", integers)
        pixels_of = of_loss(root, "pixels", "cross_entropy", integers, more="[outputs.outputs]\nchannels_last = true\n")
        bits_of = of_loss(root, "bits", "binary_cross_entropy", TARGET.format(shape=[3], dtype="bool"))
        numbers_of = of_loss(root, "numbers", "mean_squared_error", TARGET.format(shape=[3], dtype="float32"))
        picking = of_loss(root, "picking", "mean_squared_error", TARGET.format(shape=[3], dtype="float32"), more='output = "1"\n')
        own_of = of_loss(root, "own", "own", integers, OWN.format(value="outputs['a'].sum() + targets.sum()"))
        found = {
            "classes": computed(classes_of, logits, labels),
            "classes in int32": computed(classes_of, logits, labels.astype(np.int32)),
            "sequence": computed(classes_of, sequence, of_sequence),
            "channels first": computed(pixels_of, np.moveaxis(sequence, -1, 1), of_sequence),
            "bits": computed(bits_of, logits, bits),
            "numbers": computed(numbers_of, logits, numbers),
        }
        outputs = (tensor(numbers), tensor(logits))
        found["second output"] = [logits.tolist(), numbers.tolist(), float(loss.loss_of(picking).mean(outputs, tensor(numbers)))]
        half = loss.loss_of(classes_of).mean(tensor(logits).bfloat16(), torch.from_numpy(labels))
        double = loss.loss_of(numbers_of).mean(torch.from_numpy(logits), tensor(numbers))
        given = {"a": torch.full((2,), 1.5, dtype=torch.bfloat16)}
        found["own"] = loss.loss_of(own_of).mean(given, torch.tensor([1, 2])).item()
        found["dtypes"] = [str(half.dtype), str(double.dtype)]
        items, recognised = loss.loss_of_classes(classes_of).of_items(tensor(logits), torch.from_numpy(labels))
        found["items"] = [
            items.tolist(),
            recognised.tolist(),
            float(loss.loss_of_classes(classes_of).stock()(tensor(logits), torch.from_numpy(labels))),
        ]
        found["said"] = {
            "several outputs": said(lambda: loss.loss_of(numbers_of).mean(outputs, tensor(numbers))),
            "no such output": said(lambda: loss.loss_of(picking).mean(tensor(logits), tensor(numbers))),
            "spread": said(lambda: loss.loss_of(numbers_of).mean(tensor(logits), tensor(numbers[:, :1]))),
            "several targets": said(lambda: loss.loss_of(numbers_of).mean(tensor(logits), {"y": 1, "z": 2})),
            "labels": said(lambda: loss.loss_of(classes_of).mean(tensor(sequence), torch.from_numpy(labels))),
            "no own": said(lambda: loss.loss_of(of_loss(root, "without", "own", integers))),
            "own, no scalar": said(
                lambda: loss.loss_of(of_loss(root, "vector", "own", integers, OWN.format(value="outputs"))).mean(tensor(logits), None)
            ),
            "not of classes": said(lambda: loss.loss_of_classes(numbers_of)),
        }
    return found


def computed(of_model: Setup, outputs: Any, targets: Any) -> list[Any]:
    return [outputs.tolist(), targets.tolist(), float(loss.loss_of(of_model).mean(tensor(outputs), torch.from_numpy(targets)))]


def tensor(values: Any) -> Any:
    return torch.from_numpy(np.asarray(values, np.float32))
