"""What PyTorch's `original` says of small models. Runs in its interpreter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fixtures.corpora import CLASSES
from fixtures.experiments.experiment import Experiment, Head
from fixtures.models.layers import Layer
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, network, original
from tests.frameworks.small_models import IMAGES, classes, folder, net, rows, sequential, setup

ATTENTION = net(
    "self.attention = nn.MultiheadAttention(8, 2, batch_first=True); self.head = nn.Linear(8, 3)",
    "x, _ = self.attention(x, x, x); return self.head(x[:, 0])",
)
LSTM = net("self.lstm = nn.LSTM(3, 4, batch_first=True); self.head = nn.Linear(4, 3)", "return self.head(self.lstm(x)[0][:, -1])")
COUNTED = {
    "dense": (classes(rows(5), 'trained = ["1."]'), sequential("nn.Linear(5, 4)", "nn.Linear(4, 3)")),
    "attention": (classes(rows(3, 8)), ATTENTION),
    "lstm": (classes(rows(5, 3)), LSTM),
    "depthwise": (
        classes(IMAGES),
        sequential("nn.Conv2d(3, 8, 1)", "nn.Conv2d(8, 8, 3, padding=1, groups=8)", "nn.Flatten()", "nn.Linear(512, 3)"),
    ),
    "transposed": (
        classes(IMAGES),
        sequential("nn.Conv2d(3, 4, 1)", "nn.ConvTranspose2d(4, 6, 3, stride=2)", "nn.Flatten()", "nn.Linear(1734, 3)"),
    ),
}
ODD = net(
    "self.last = nn.Linear(4, 3); self.first = nn.Linear(6, 4); self.scale = nn.Parameter(torch.ones(4));"
    "self.hidden = nn.Linear(4, 4); self.plain = nn.LayerNorm(4, elementwise_affine=False);"
    "self.normed = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)); self.prelu = nn.PReLU();"
    "self.register_buffer('table', torch.ones(4)); self.register_buffer('count', torch.zeros(1, dtype=torch.int64))",
    "x = self.first(x) * self.scale * self.table; x = functional.linear(x, self.hidden.weight, self.hidden.bias);"
    "return self.last(self.plain(self.prelu(self.normed(x))))",
)
RECURRENT = net(
    "self.embed = nn.Embedding(10, 6); self.deep = nn.LSTM(6, 4, num_layers=2, bidirectional=True, batch_first=True);"
    "self.gru = nn.GRU(8, 5, batch_first=True); self.head = nn.Linear(5, 10); self.out = nn.Linear(6, 10);"
    "self.thin = nn.Linear(10, 6); self.out.weight = self.embed.weight",
    "x = self.gru(self.deep(self.embed(x))[0])[0]; return self.out(self.thin(self.head(x)))",
)
TOKENS = 'title = "T"\nitem = "sequence"\nloss = "cross_entropy"\n[inputs.x]\nshape = [7]\ndtype = "int64"\nbelow = 10\n'
TOKENS += '[targets.next]\nshape = [7]\ndtype = "int64"\nbelow = 10\n'
NORMS = sequential("nn.Conv2d(3, 4, 3)", "nn.BatchNorm2d(4)", "nn.GroupNorm(2, 4)", "nn.ConvTranspose2d(4, 2, 2)", "nn.Flatten()")
LISTED = {
    "odd": (classes(rows(6)), ODD),
    "recurrent": (TOKENS, RECURRENT),
    "attention": COUNTED["attention"],
    "norms": (classes(IMAGES), NORMS[:-2] + ", nn.RMSNorm(98), nn.Linear(98, 3))\n"),
}


def counts() -> dict[str, dict[str, int]]:
    """Operations an item by workload."""
    with tempfile.TemporaryDirectory() as root:
        found = {name: facts_of(setup(folder(Path(root), f"small_{name}", *files))).flop_per_item for name, files in COUNTED.items()}
    for size, hidden in ((224, 128), (64, 512)):
        experiment = Experiment(name="test", image_size=size, seed=1, head=Head(hidden_units=hidden))
        found[f"resnet50 {size} {hidden}"] = facts_of(setup("resnet50", classes=CLASSES, experiment=experiment)).flop_per_item
    return found


def layers() -> dict[str, Any]:
    """Each layer as [name, kind, tensors by role, what enters]."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as root:
        for name, files in LISTED.items():
            of_model = setup(folder(Path(root), f"small_{name}", *files))
            told = facts_of(of_model)
            found[name] = [listed(layer) for layer in told.layers]
            inputs, _ = batches.native(of_model.probe(2), of_model)
            values = inputs.double().numpy()
            found[f"{name} probe"] = [float(values.mean()), float(np.sqrt((values**2).mean()))]
            found[f"{name} weights"] = sorted(network.tensors(network.canonical_network(of_model)))
    return found


def listed(layer: Layer) -> list[Any]:
    return [layer.name, layer.kind, {role: [tensor.name, *tensor.shape] for role, tensor in layer.tensors.items()}, layer.entered]


def facts_of(of_model: Setup) -> Any:
    """With weights as the code builds them: what is told does not depend on them."""
    weights = network.weights(network.canonical_network(of_model))
    return original.facts(of_model, weights)
