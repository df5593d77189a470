"""The count of FLOP an image, against what torch counts in the network that is measured."""

from __future__ import annotations

import pytest

from fixtures.experiments.experiment import Experiment, Head
from fixtures.models.resnet50.canonical import flop_per_item
from harness.record.case import Workload
from tests.frameworks.conftest import RunIn

IMAGE_SIZES = (224, 97)
HIDDEN_UNITS = 128
COUNT = """
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet50

network = resnet50()
network.fc = torch.nn.Sequential(torch.nn.Linear(2048, {hidden}), torch.nn.ReLU(), torch.nn.Linear({hidden}, 102))


def flop(step):
    counter = FlopCounterMode(display=False)
    with counter:
        step()
    return counter.get_total_flops() / 2


result = {{}}
for size in {sizes}:
    images = torch.zeros(2, 3, size, size)
    network.requires_grad_(True)
    result[f"inference {{size}}"] = flop(lambda: network(images))
    result[f"full {{size}}"] = flop(lambda: network(images).sum().backward())
    network.requires_grad_(False)
    network.fc.requires_grad_(True)
    result[f"frozen {{size}}"] = flop(lambda: network(images).sum().backward())
"""


def test_the_count_is_torchs(run_in: RunIn) -> None:
    counted = run_in("pytorch", COUNT.format(hidden=HIDDEN_UNITS, sizes=IMAGE_SIZES))
    ours = {
        f"{workload} {size}": flop_per_item(workload, Experiment(name="x", image_size=size, head=Head(hidden_units=HIDDEN_UNITS)))
        for workload in (Workload.INFERENCE, Workload.FULL, Workload.FROZEN)
        for size in IMAGE_SIZES
    }
    assert ours == counted
    assert ours["inference 224"] == pytest.approx(8.175e9, rel=1e-4)
    assert ours["full 224"] == pytest.approx(24.288e9, rel=1e-4)
