"""What PyTorch's `original` makes of weights: from a seed, and from files of all kinds. Runs in its interpreter."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch

from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import batches, network, original
from tests.frameworks.small_models import IMAGES, NETWORK, classes, folder, net, rows, said, setup

PLAIN = net(
    "self.conv = nn.Conv2d(3, 8, 3); self.norm = nn.BatchNorm2d(8); self.scale = nn.Parameter(torch.zeros(1, 8, 1, 1));"
    "self.kept = nn.Parameter(torch.zeros(8), requires_grad=False); self.head = nn.Linear(8, 3);"
    "nn.init.zeros_(self.head.weight); nn.init.zeros_(self.head.bias)",
    "x = functional.relu(self.norm(self.conv(x))) * (1 + self.scale); return self.head(x.mean((2, 3)) + self.kept)",
)
DEEP = net(  # without norms what all items have in common grows with depth, and what they differ by fades
    "self.layers = nn.Sequential(*[m for _ in range(12) for m in (nn.Linear(16, 16), nn.ReLU())]); self.head = nn.Linear(16, 3)",
    "return self.head(self.layers(x))",
)
FLOAT32 = net("self.norm = nn.BatchNorm1d(4); self.head = nn.Linear(4, 3)", "return self.head(self.norm(x.float() * torch.ones(4)))")
INFINITE = net("self.head = nn.Linear(4, 3)", "return self.head(x) / 0")
TIED = net(
    "self.first = nn.Linear(4, 4); self.second = nn.Linear(4, 4); self.second.weight = self.first.weight; self.head = nn.Linear(4, 3);"
    "self.register_buffer('shift', torch.ones(4))",
    "return self.head(self.second(self.first(x + self.shift)))",
)


def seeded() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as root:
        plain = setup(folder(Path(root), "plain", classes(IMAGES.replace("image", "x")), PLAIN))
        made, again = original.seeded(plain), original.seeded(plain)
        deep = setup(folder(Path(root), "deep", classes(rows(16)), DEEP))
        infinite = setup(folder(Path(root), "infinite", classes(rows(4)), INFINITE))
        stubborn = setup(folder(Path(root), "stubborn", classes(rows(4)), FLOAT32))
        return {
            "constant": sorted(name for name, values in made.items() if np.ptp(values) == 0),
            "scale": float(made["norm.weight"].std()),
            "same": all(np.array_equal(made[name], again[name]) for name in made),
            "dtypes": sorted({str(values.dtype) for values in made.values()}),
            "statistics": statistics(plain, made),
            "outputs": outputs(plain, made).tolist(),
            "deep": outputs(deep, original.seeded(deep)).tolist(),
            "deep as built": outputs(deep, network.weights(network.canonical_network(deep))).tolist(),
            "spread": original.facts(deep, original.seeded(deep)).spread,
            "infinite": said(lambda: original.seeded(infinite)),
            "in float32 alone": float(outputs(stubborn, original.seeded(stubborn)).std(axis=0).mean()),
        }


def outputs(of_model: Setup, weights: Weights) -> Any:
    built = network.canonical_network(of_model).eval()
    network.load(built, weights)
    with torch.no_grad():
        return built(batches.native(of_model.probe(8), of_model)[0]).numpy()


def statistics(of_model: Setup, weights: Weights) -> list[list[float]]:
    """Mean and variance of what the norm gives over the probe, before its scale and offset, by channel."""
    built = network.canonical_network(of_model).eval()
    network.load(built, weights)
    with torch.no_grad():
        built.norm.weight.fill_(1)
        built.norm.bias.fill_(0)
        given = built.norm(built.conv(batches.native(of_model.probe(8), of_model)[0]))
    return [given.mean((0, 2, 3)).tolist(), given.var((0, 2, 3), correction=0).tolist()]


def read() -> dict[str, Any]:
    """What is read of each good file is what was written; what is said of each other one."""
    with tempfile.TemporaryDirectory() as root:
        of_model = setup(folder(Path(root), "tied", classes(rows(4)), TIED))
        built = network.canonical_network(of_model)
        expected = network.weights(built)
        state = {name: tensor.detach().clone() for name, tensor in built.state_dict().items()}
        files = good_files(state) | faulty_files(state)
        told: dict[str, Any] = {"tensors": sorted(expected)}
        for name, (file, write) in files.items():
            path = Path(root) / file
            write(path)
            found: list[Weights] = []
            fault = said(lambda path=path, found=found: found.append(original.read(of_model, path)))  # type: ignore[misc]
            told[name] = fault or max(float(np.abs(found[0][each] - expected[each]).max()) for each in expected)
        told["downloaded"] = said(lambda: original.downloaded(of_model))
        offering = NETWORK + "def pretrained():\n    return network(None).state_dict()\n"
        code = TIED.replace(NETWORK.format(network="Net()"), offering.format(network="Net()"))
        told["offered"] = sorted(original.downloaded(setup(folder(Path(root), "offering", classes(rows(4)), code))))
        return told


Files = dict[str, tuple[str, Callable[[Path], Any]]]


def good_files(state: dict[str, Any]) -> Files:
    without_twin = {name: tensor for name, tensor in state.items() if name != "first.weight"}
    wrapped = {"epoch": 3, "state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}
    half = {name: tensor.to(torch.bfloat16) for name, tensor in state.items()}
    return {
        "safetensors": ("a.safetensors", lambda path: safetensors.torch.save_file(state, path)),
        "state dict": ("b.pt", lambda path: torch.save(state, path)),
        "the other name of a shared tensor": ("c.pth", lambda path: torch.save(without_twin, path)),
        "a checkpoint, wrapped": ("d.pt", lambda path: torch.save(wrapped, path)),
        "half": ("e.pt", lambda path: torch.save(half, path)),
    }


def faulty_files(state: dict[str, Any]) -> Files:
    def changed(**tensors: Any) -> Callable[[Path], Any]:
        of_state = {name.replace("__", "."): tensor for name, tensor in tensors.items()}
        return lambda path: torch.save({name: tensor for name, tensor in (state | of_state).items() if tensor is not None}, path)

    return {
        "missing": ("f.pt", changed(head__weight=None)),
        "unknown": ("g.pt", changed(tail__weight=torch.ones(2))),
        "misshapen": ("h.pt", changed(head__weight=torch.ones(4, 3))),
        "not finite": ("i.pt", changed(head__bias=torch.full((3,), float("nan")))),
        "another constant": ("j.pt", changed(shift=torch.zeros(4))),
        "a constant's shape": ("k.pt", changed(shift=torch.ones(2))),
        "pickle": ("l.pt", lambda path: torch.save(Path("x"), path)),
        "truncated": ("m.pt", lambda path: (torch.save(state, path), path.write_bytes(path.read_bytes()[:500]))),
        "no tensors": ("n.pt", lambda path: torch.save([1, 2], path)),
        "no safetensors": ("o.safetensors", lambda path: path.write_bytes(b"nothing")),
        "another ending": ("p.bin", lambda path: torch.save(state, path)),
        "not there": ("q.pt", lambda path: None),
    }
