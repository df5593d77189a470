"""What Keras makes of the models that PyTorch has left. Runs in TensorFlow's interpreter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from msgspec.structs import replace

from fixtures.models.weights import load
from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import LISTING, batches, device, dropout, framework, network, port
from harness.frameworks.tensorflow.port import pairing
from harness.record.case import Execution, Precision, Workload
from harness.record.outcome import Unsupported
from tests.frameworks import small_models
from tests.frameworks.port_steps import stepped
from tests.frameworks.small_models import said

APART = 1e-5  # of weights that have taken steps of 1e-3
EXECUTIONS = (
    (Execution.PLAIN, Precision.FP64),
    (Execution.COMPILED, Precision.FP32),
    (Execution.FUSED_NORM, Precision.FP32),
    (Execution.PLAIN, Precision.BF16),
)


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


def sensitivity(root: Path, name: str) -> float:
    """How far the outputs are once the largest of Keras' variables is turned round: what the port's tests would show of a fault."""
    of_model = setup(root, name)
    device.settings(of_model).apply()
    built = network.build(of_model)
    inputs, _ = batches.native(of_model.canonical_batch(), of_model)
    largest = max(built.weights, key=lambda each: int(np.prod(each.shape)))
    largest.assign(largest.numpy().ravel()[::-1].reshape(largest.shape))
    ours = network.outputs_to_numpy(network.call(built, inputs, training=False))
    theirs = np.load(f"{root}/{name}-outputs.npz")
    return max(float(np.abs(ours[each] - theirs[each]).max() / theirs[each].std()) for each in theirs)


def executions(root: Path, name: str) -> dict[str, Any]:
    """By execution and precision, how far the outputs are from PyTorch's plain ones, of float64 from those in float64; or what is said."""
    found: dict[str, Any] = {}
    for execution, precision in EXECUTIONS:
        theirs = dict(np.load(f"{root}/{name}-{'exact' if precision is Precision.FP64 else 'outputs'}.npz"))
        of_model = setup(root, name, execution=execution, precision=precision)
        framework.open_device(of_model)
        try:
            inference = framework.inference(of_model)
        except Unsupported as error:
            found[f"{execution} {precision}"] = f"Unsupported: {error}"
            continue
        ours = inference.outputs()
        inference.close()
        found[f"{execution} {precision}"] = max(float(np.abs(ours[each] - theirs[each]).max() / theirs[each].std()) for each in theirs)
    framework.open_device(setup(root, name))
    return found | {"afterwards": [keras.config.floatx(), keras.config.dtype_policy().name]}


def trained(root: Path, name: str) -> dict[str, Any]:
    """As PyTorch's of the same name, with how far each tensor is from PyTorch's after the steps, where it is."""
    found: dict[str, Any] = {}
    for workload in (Workload.FROZEN, Workload.FULL):
        of_model = setup(root, name, workload)
        framework.open_device(of_model)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.npz"
            told = stepped(framework.train_step(of_model), file)
            ours, theirs = dict(np.load(file)), dict(np.load(f"{root}/{name}-{workload}.npz"))
        distances = {each: float(np.abs(ours[each] - theirs[each]).max()) for each in theirs}
        found[workload] = told | {"apart": {each: distance for each, distance in distances.items() if distance > APART}}
    return found


def kept_pairing(root: Path, name: str) -> dict[str, Any]:
    """Passes that it took to tell the layers apart: at the first build, at the second, and with a file of another version."""
    of_model = setup(root, name)
    device.settings(of_model).apply()
    file = of_model.weights_file.parent / f"{port.PAIRS}.json"
    file.unlink(missing_ok=True)
    passes: list[int] = []
    found_out = pairing.executed

    def counted(*given: Any) -> Any:
        passes[-1] += 1
        return found_out(*given)

    pairing.executed = counted  # type: ignore[assignment]
    weights = []
    for prepare in (lambda: None, lambda: None, lambda: file.write_text(file.read_text().replace('"version": ', '"version": 9'))):
        prepare()
        passes.append(0)
        weights.append(network.weights(of_model, network.build(of_model)))
    pairing.executed = found_out
    same = all(np.array_equal(weights[0][each], other[each]) for other in weights[1:] for each in weights[0])
    return {"passes": passes, "same": same}


def dropped() -> dict[str, list[bool]]:
    """Of each kind of layer that leaves out at random: whether two passes in training agree, before and after it is switched off."""
    x = tf.constant(np.random.default_rng(5).standard_normal((2, 6, 8)), tf.float32)
    made: dict[str, Any] = {
        "Dropout": layers.Dropout(0.5),
        "SpatialDropout1D": layers.SpatialDropout1D(0.5),
        "AlphaDropout": layers.AlphaDropout(0.5),
        "GaussianDropout": layers.GaussianDropout(0.5),
        "GaussianNoise": layers.GaussianNoise(0.5),
        "LSTM": layers.LSTM(4, dropout=0.5),
        "GRU, recurrent": layers.GRU(4, recurrent_dropout=0.5),
        "Bidirectional": layers.Bidirectional(layers.LSTM(4, dropout=0.5)),
        "MultiHeadAttention": Attention(),
    }
    found = {}
    for name, layer in made.items():
        model = keras.Sequential([keras.Input([6, 8]), layer])
        before = bool(tf.reduce_all(model(x, training=True) == model(x, training=True)))
        dropout.switch_off(model)
        found[name] = [before, bool(tf.reduce_all(model(x, training=True) == model(x, training=True)))]
    return found


class Attention(layers.Layer):  # type: ignore[misc]
    """Of a thing with itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4, dropout=0.5)

    def call(self, x: Any) -> Any:
        return self.attention(x, x)
