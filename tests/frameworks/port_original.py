"""What PyTorch makes of models for the port's tests: weights, facts, outputs. Runs in its interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from fixtures.models.kept import FACTS, Kept
from harness.frameworks.pytorch import framework, original
from harness.record.case import Precision, Workload
from tests.frameworks.port_models import Files, called, placed
from tests.frameworks.port_steps import stepped
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
    for precision, called_so in ((Precision.FP32, "outputs"), (Precision.FP64, "exact")):
        of_case = replace(of_model, weights=file.path, case=replace(of_model.case, precision=precision))
        inference = framework.inference(of_case)
        np.savez(root / f"{name}-{called_so}.npz", **inference.outputs())  # type: ignore[arg-type]
        inference.close()


def trained(root: Path, name: str) -> dict[str, Any]:
    """Of the model that `made` has left there, by workload; and writes its weights after three steps."""
    found: dict[str, Any] = {}
    for workload in (Workload.FROZEN, Workload.FULL):
        of_model = setup(f"{root}/{name}", workload, weights=f"{root}/{name}-weights/{name}-weights.safetensors")
        framework.open_device(of_model)
        found[workload] = stepped(framework.train_step(of_model), root / f"{name}-{workload}.npz")
    return found
