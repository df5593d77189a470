"""What Keras makes of the models that PyTorch has left. Runs in TensorFlow's interpreter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from fixtures.models.weights import load
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import LISTING, device, framework, network
from harness.record.case import Execution, Precision, Workload
from tests.frameworks import small_models
from tests.frameworks.small_models import said


def setup(
    root: Path,
    name: str,
    workload: Workload = Workload.INFERENCE,
    *,
    execution: Execution = Execution.PLAIN,
    precision: Precision = Precision.FP32,
) -> Setup:
    file = f"{root}/{name}-weights/{name}-weights.safetensors"
    found = small_models.setup(f"{root}/{name}", workload, execution=execution, precision=precision, weights=file)
    return replace(found, case=replace(found.case, framework="tensorflow"))


def agreement(root: Path, name: str) -> dict[str, Any]:
    """How far Keras' outputs are from PyTorch's, in their standard deviations, and which tensors do not come back as they went in."""
    of_model = setup(root, name)
    device.settings(of_model).apply()
    raised = said(lambda: framework.inference(of_model))
    if raised:
        return {"said": raised}
    inference = framework.inference(of_model)
    ours, theirs = inference.outputs(), dict(np.load(f"{root}/{name}-outputs.npz"))
    shapes = {each: [list(ours[each].shape), list(theirs[each].shape)] for each in theirs if ours[each].shape != theirs[each].shape}
    distances = {each: float(np.abs(ours[each] - theirs[each]).max() / theirs[each].std()) for each in theirs if each not in shapes}
    went_in, built = load(of_model.weights_file), network.build(of_model)
    came_back = network.weights(of_model, built)
    changed = sorted(each for each in went_in if each not in came_back or not np.allclose(went_in[each], came_back[each], atol=1e-7))
    unknown = sorted(came_back.keys() - went_in.keys())
    inference.close()
    return {"said": "", "distance": max(distances.values(), default=np.inf), "shapes": shapes, "changed": changed, "unknown": unknown}


def formats(root: Path, name: str) -> dict[str, Any]:
    """By format: how far a loaded network's outputs are from those of the one that was saved; "" and what was said where it failed."""
    found: dict[str, Any] = {}
    for each in LISTING.formats:
        of_model = setup(root, name)
        of_format = replace(of_model, case=replace(of_model.case, phase="model_formats", model_format=each))
        found[each] = _round_trip(of_format)
    return found


def _round_trip(of_format: Setup) -> Any:
    saved = framework.model_format(of_format)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"network{saved.suffix}"
        raised = said(lambda: saved.save(path))
        if raised:
            return raised
        saved.inspect(path)
        before, loaded = saved.predict(), []
        raised = said(lambda: loaded.append(saved.load(path)()))
    saved.close()
    if raised:
        return raised
    (after,) = loaded
    assert before.keys() == after.keys()
    return max(float(np.abs(before[each] - after[each]).max() / before[each].std()) for each in before)
