"""What PyTorch makes of models for the port's tests: weights, facts, outputs. Runs in its interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from fixtures.models.kept import FACTS, Kept
from harness.frameworks.pytorch import framework, original
from harness.record.case import Workload
from tests.frameworks.port_models import Files, called, placed
from tests.frameworks.small_models import setup


def made(root: Path, models: Mapping[str, Files]) -> None:
    """Below root each model's folder, and beside it its weights and outputs."""
    for name, files in models.items():
        made_one(root, called(name), files)


def made_one(root: Path, name: str, files: Files) -> None:
    of_model = setup(placed(root, name, files))
    weights = original.seeded(of_model)
    kept = Kept(root / f"{name}-weights")
    file = kept.weights(lambda: weights)
    kept.keep(FACTS, original.facts(of_model, weights))
    inference = framework.inference(replace(of_model, weights=file.path))
    np.savez(root / f"{name}-outputs.npz", **inference.outputs())
    inference.close()


def trained(root: Path, name: str) -> dict[str, Any]:
    """Of the model that `made` has left there, by workload: losses of three steps, the gradients' norm, what is trained, and the weights then."""
    found: dict[str, Any] = {}
    for workload in (Workload.FROZEN, Workload.FULL):
        of_model = setup(f"{root}/{name}", workload, weights=f"{root}/{name}-weights/{name}-weights.safetensors")
        framework.open_device(of_model)
        found[workload] = stepped(framework.train_step(of_model), root / f"{name}-{workload}.npz")
    return found


def stepped(work: Any, file: Path) -> dict[str, Any]:
    """The same with any framework; writes the weights."""
    norm, losses = work.gradient_norm(), []
    for _ in range(3):
        work.step()
        losses.append(work.read_back())
    np.savez(file, **work.weights())
    names = sorted(work.trained())
    work.close()
    return {"norm": norm, "losses": losses, "trained": names}
