"""Dropout switched off, networks of several inputs and outputs, and such as are refused. Runs in PyTorch's interpreter."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from msgspec.structs import replace
from torch import nn

from fixtures.models.kept import Kept
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, dropout, framework, original
from harness.record.case import Execution, Precision, Style, Workload
from harness.record.fairness import Source
from tests.frameworks.small_models import IMAGES, classes, folder, net, rows, said, sequential, setup


class DropPath(nn.Module):
    """As image model libraries have it."""

    def __init__(self) -> None:
        super().__init__()
        self.drop_prob = 0.5
        self.drop_last = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(x, self.drop_prob, self.training)


def dropped() -> dict[str, Any]:
    """Of each kind of layer that drops: whether two passes in training agree, before and after dropout is switched off."""
    x = torch.from_numpy(np.random.default_rng(5).standard_normal((2, 6, 8), np.float32))
    layers: dict[str, tuple[nn.Module, Any]] = {
        "Dropout": (nn.Dropout(0.5), lambda layer: layer(x)),
        "Dropout1d": (nn.Dropout1d(0.5), lambda layer: layer(x)),
        "AlphaDropout": (nn.AlphaDropout(0.5), lambda layer: layer(x)),
        "MultiheadAttention": (nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True), lambda layer: layer(x, x, x)[0]),
        "TransformerEncoderLayer": (nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True), lambda layer: layer(x)),
        "LSTM": (nn.LSTM(8, 8, 2, dropout=0.5, batch_first=True), lambda layer: layer(x)[0]),
        "StochasticDepth": (torchvision.ops.StochasticDepth(0.5, "row"), lambda layer: layer(x.repeat(32, 1, 1))),
        "DropPath": (DropPath(), lambda layer: layer(x)),
    }
    found: dict[str, Any] = {}
    for name, (layer, call) in layers.items():
        torch.manual_seed(0)
        before = torch.equal(call(layer), call(layer))
        dropout.switch_off(layer)
        found[name] = [before, torch.equal(call(layer), call(layer))]
    found["left alone"] = layers["DropPath"][0].drop_last
    return found


TWO = net(
    "self.down = nn.Conv2d(3, 4, 3, stride=2, padding=1); self.norm = nn.BatchNorm2d(4); self.up = nn.ConvTranspose2d(4, 2, 2, stride=2);"
    "self.fixed = nn.Parameter(torch.ones(4), requires_grad=False)",
    "x = self.norm(self.down(x)) * mask[:, None, None, None]; return {'map': self.up(x), 'mean': x.mean((2, 3)) * self.fixed}",
    given="x, mask",
)
TWO_TOML = (
    'title = "Two"\nitem = "image"\nloss = "own"\ntrained = ["up."]\n'
    + IMAGES.replace("image]", "x]")
    + '[inputs.mask]\nshape = []\ndtype = "bool"\n[outputs.map]\nchannels_last = true\n'
    + "[targets.wanted]\nshape = [8, 8, 2]\nchannels_last = true\n"
)
TWO_LOSS = "def loss(outputs, targets):\n    return ((outputs['map'] - targets) ** 2).mean() + outputs['mean'].square().mean()\n"


def two() -> dict[str, Any]:
    """A network of two inputs and two outputs, in every precision and execution that a CPU has."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as root:
        model = folder(Path(root), "two", TWO_TOML, TWO + TWO_LOSS)
        inputs, targets = batches.native(setup(model).canonical_batch(), setup(model))
        found["native"] = {name: [str(each.dtype), *each.shape] for name, each in inputs.items()} | {"target": list(targets.shape)}
        placed, _ = batches.on_device((inputs, targets), setup(model))
        found["in memory"] = placed["x"].is_contiguous(memory_format=torch.channels_last)
        weights = original.seeded(setup(model))
        file = Kept(Path(root) / "weights").weights(lambda: weights).path
        plain = [(precision, Execution.PLAIN) for precision in (Precision.FP32, Precision.FP64, Precision.BF16)]
        for precision, execution in (*plain, (Precision.FP32, Execution.COMPILED)):
            found[f"{precision} {execution}"] = worked(model, file, precision, execution)
        found["stock"] = stock_outputs(model, file)
        found["no norm to fuse"] = said(lambda: framework.inference(plain_fused(root)))
    return found


def stock_outputs(model: str, file: str) -> dict[str, Any]:
    """Of a model that has no `library`."""
    of_case = setup(model, weights=file)
    threads = frozenset({Source.THREADS})  # which are set once a process
    habits = replace(of_case, neutral=threads, case=replace(of_case.case, style=Style.STOCK, execution=None, precision=None))
    framework.open_device(habits)
    inference = framework.inference(habits)
    found = {name: values.tolist() for name, values in inference.outputs().items()}
    inference.close()
    return found


def plain_fused(root: str) -> Setup:
    model = folder(Path(root), "plain", classes(rows(4)), sequential("nn.Linear(4, 3)"))
    made = original.seeded(setup(model))
    file = Kept(Path(root) / "plain weights").weights(lambda: made).path
    return setup(model, weights=file, execution=Execution.FUSED_NORM)


def worked(model: str, file: str, precision: Precision, execution: Execution) -> dict[str, Any]:
    of_case = setup(model, weights=file, precision=precision, execution=execution)
    framework.open_device(of_case)
    inference = framework.inference(of_case)
    outputs = {name: values.tolist() for name, values in inference.outputs().items()}
    first = inference.read_back()
    inference.close()
    found: dict[str, Any] = {"outputs": outputs, "first": first}
    for workload in (Workload.FROZEN, Workload.FULL):
        work = framework.train_step(setup(model, workload, weights=file, precision=precision, execution=execution))
        norm, losses = math.hypot(*work.gradient_norms()), []
        for _ in range(2):
            work.step()
            losses.append(work.read_back())
        found[workload] = {"norm": norm, "losses": losses, "trained": sorted(work.trained())}
        work.close()
    return found


def refused() -> dict[str, str]:
    """What is said of networks that are not as they have to be."""
    wrong = {
        "other names": (
            classes(rows(4) + rows(4).replace("inputs.x", "inputs.mask")),
            net("self.a = nn.Linear(4, 3)", "return self.a(ids)", "ids"),
        ),
        "too many names": (classes(rows(4)), net("self.a = nn.Linear(4, 3)", "return self.a(x)", "x, mask")),
        "no module": (classes(rows(4)), "def network(options):\n    return 3\n"),
        "half": (classes(rows(4)), sequential("nn.Linear(4, 3).half()")),
        "lazy": (classes(rows(4)), sequential("nn.LazyLinear(3)")),
        "no tensor": (classes(rows(4)), net("self.a = nn.Linear(4, 3)", "return [self.a(x), None]")),
        "no output": (classes(rows(4)), net("self.a = nn.Linear(4, 3)", "return 1")),
        "nothing trains": (classes(rows(4), 'trained = ["b."]'), net("self.a = nn.Linear(4, 3)", "return self.a(x)")),
    }
    found = {}
    with tempfile.TemporaryDirectory() as root:
        for name, files in wrong.items():
            of_model = setup(folder(Path(root), name.replace(" ", "_"), *files), workload=Workload.FROZEN)
            found[name] = said(lambda of_model=of_model: original.facts(of_model, original.seeded(of_model)))  # type: ignore[misc]
    return found
