"""The network on tape, as `examination.Taped` wants it: in inference mode, and in a few optimiser steps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from msgspec.structs import replace

from fixtures.models import weights as canonical
from fixtures.models.weights import Weights
from harness.frameworks.contract import Setup
from harness.frameworks.sketch import Sketch
from harness.frameworks.tape import NOWHERE, Array64, Called, Tape, Trained
from harness.frameworks.tensorflow import batches, device, dropout, network, port
from harness.frameworks.tensorflow.tape import Draws, Recorder
from harness.frameworks.tensorflow.training import TrainStep, dense

STATISTICS = ("running_mean", "running_var")
LOSS = "loss"
PLAIN = (bool, int, float, str, tuple, list, type(None))
SHOWN = (
    "activation", "alpha", "axis", "count_include_pad", "center", "data_format", "dilation_rate", "epsilon", "groups", "interpolation",
    "key_dim", "max_value", "momentum", "negative_slope", "num_heads", "padding", "pool_size", "rate", "recurrent_activation",
    "reset_after", "scale", "size", "strides", "threshold", "trainable", "unit_forget_bias", "use_bias", "use_scale",
)  # fmt: skip  # what of a layer's settings may be why two networks part


def inference(setup: Setup, wanted: Iterable[int] = ()) -> Tape:
    """In inference mode, dropout as the network's code has it: where a layer drops out all the same, it is told, and kept from it."""
    device.open_device(setup)
    built = _built(replace(setup, drops_out=True))
    inputs, _ = batches.on_device(batches.native(setup.canonical_batch(), setup))
    drawing = _random(built, inputs)
    if not drawing:
        return _tape(setup, built, inputs, wanted, {})
    with dropout.left_out():
        others = _random(built, inputs)  # noise of another kind
        return _tape(setup, built, inputs, wanted, {path: apart for path, apart in drawing.items() if path not in others})


def training(setup: Setup, steps: int, wanted: Iterable[int] = ()) -> Trained:
    """Of the case's train step, dropout off. The first step is on tape."""
    device.open_device(setup)
    work = TrainStep(replace(setup, drops_out=False))
    try:
        work.load(batches.native(setup.canonical_batch(), setup))
        built = work.network
        tape, gradients = _recorded_gradients(setup, work, wanted)
        before = _weights(setup, built)
        losses = [_step(work)]
        after = _weights(setup, built)
        names = sorted(work.trained())
        first = {name: Sketch.of(after[name] - before[name]) for name in names}
        statistics = {name: Array64.of(values) for name, values in after.items() if name.endswith(STATISTICS)}
        losses += [_step(work) for _ in range(steps - 1)]
        end = _weights(setup, built)
        last = {name: Sketch.of(end[name] - before[name]) for name in names}
        return Trained(tape, gradients, statistics, first, last, tuple(losses))
    finally:
        work.close()


def _built(setup: Setup) -> Any:
    """As `network.build`, with layers that fit but for a bias or a shape, so that the walk tells what that does."""
    keras.utils.set_random_seed(setup.experiment.seed)
    built = network.bare(setup)
    port.adapted(setup, built).write(canonical.load(setup.weights_file))
    return network.arranged(setup, built)


def _random(built: Any, inputs: Any) -> dict[str, float]:
    """Layers that draw numbers in inference, where that changes what the network gives; and by how much."""
    draws = Draws()
    draws.follow(inputs)
    with draws.recording(built, []):
        first = network.named(network.call(built, inputs, training=False))
    if not draws.random:
        return {}
    second = network.named(network.call(built, inputs, training=False))
    apart = max(Sketch.of(first[name].numpy()).apart(Sketch.of(second[name].numpy())) for name in first)
    return dict.fromkeys(draws.random, apart) if apart else {}


def _tape(setup: Setup, built: Any, inputs: Any, wanted: Iterable[int], drawing: dict[str, float]) -> Tape:
    found = port.ported(setup, built)
    recorder = Recorder(wanted)
    recorder.follow(inputs)
    with recorder.recording(built, [unit for unit, _ in found.pairs]):
        outputs = network.named(network.call(built, inputs, training=False))
    places = {name: recorder.place(each) for name, each in outputs.items()}
    return _whole(found, recorder, places, drawing)


def _recorded_gradients(setup: Setup, work: TrainStep, wanted: Iterable[int]) -> tuple[Tape, dict[str, Sketch]]:
    """One forward pass in training mode and its gradients. What norms measure in it is forgotten again."""
    found = port.ported(setup, work.network)
    held = [variable.numpy() for variable in work.network.non_trainable_variables]
    recorder = Recorder(wanted)
    recorder.follow(work.inputs)
    recorder.follow(work.targets)
    own = [unit for unit, _ in found.pairs]
    with tf.GradientTape() as gradient, recorder.recording(work.network, own, inside_functions=False):
        outputs = network.call(work.network, work.inputs, training=True)
        loss = work.loss_function.mean(outputs, work.targets)
    for variable, values in zip(work.network.non_trainable_variables, held, strict=True):
        variable.assign(values)
    trained = work.network.trainable_variables
    computed = dense(gradient.gradient(loss, trained))
    places = {name: recorder.place(each) for name, each in network.named(outputs).items()} | {LOSS: recorder.place(loss)}
    by_variable = {id(variable): each for variable, each in zip(trained, computed, strict=True)}
    return _whole(found, recorder, places, {}), _canonical(found, by_variable)


def _canonical(found: port.Ported, gradients: Mapping[int, Any]) -> dict[str, Sketch]:
    """Of tensors that the loss depends on; zeros of those that train and it does not depend on."""
    sketches = {}
    for unit, layer in found.pairs:
        for role, tensor in unit.tensors.items():
            if role in layer.tensors and all(id(variable) in gradients for variable in tensor.variables):
                values = [gradients[id(variable)] for variable in tensor.variables]
                held = [
                    np.zeros(variable.shape) if each is None else each.numpy()
                    for variable, each in zip(tensor.variables, values, strict=True)
                ]
                sketches[layer.tensors[role].name] = Sketch.of(tensor.canonical(held))
    return sketches


def _weights(setup: Setup, built: Any) -> Weights:
    """In the network's own digits."""
    return {
        layer.tensors[role].name: tensor.canonical([variable.numpy() for variable in tensor.variables])
        for unit, layer in port.ported(setup, built).pairs
        for role, tensor in unit.tensors.items()
        if role in layer.tensors
    }


def _step(work: TrainStep) -> float:
    work.step()
    work.fence()
    return work.read_back()


def _whole(found: port.Ported, recorder: Recorder, outputs: dict[str, int], drawing: dict[str, float]) -> Tape:
    calls: list[tuple[int, Called]] = []
    by_layer: dict[int, list[Any]] = {}
    for unit, layer in found.pairs:
        by_layer.setdefault(id(unit.layer), []).append((unit, layer))
    for pairs in by_layer.values():
        first, last = pairs[0], pairs[-1]
        key = id(first[0].layer)
        entered, left = recorder.entered.get(key, []), recorder.left.get(key, [])
        for unit, layer in pairs:
            for call, given in enumerate(entered):
                enters = given if (unit, layer) == first else NOWHERE
                leaves = left[call] if (unit, layer) == last and call < len(left) else NOWHERE
                calls.append((given, Called(layer.name, unit.path, enters, leaves, _settings(unit.layer))))
    return Tape(
        framework=port.FRAMEWORK,
        records=tuple(recorder.records),
        called=tuple(each for _, each in sorted(calls, key=lambda each: each[0])),
        outputs=outputs,
        random=drawing,
        unpaired=found.unpaired,
        spared=found.spared,
        added=found.added,
        values=recorder.values,
    )


def _settings(layer: Any) -> dict[str, str]:
    """As Keras' users write them: what of the layer's configuration is a plain value."""
    try:
        config = layer.get_config()
    except Exception:  # a layer of the user's own need not have one
        return {}
    return {name: json.dumps(config[name]) for name in SHOWN if isinstance(config.get(name, ...), PLAIN)}
