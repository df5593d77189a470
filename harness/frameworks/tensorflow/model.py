"""The network: ResNet50 v1.5 in Keras with the head, its weights from and to their canonical names.

`keras.applications.ResNet50` is v1, with other strides, biases and another epsilon: torchvision's weights load into it without a complaint
and compute something else. So the matched network is written out here; layers have the names of torchvision's modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from fixtures.models.resnet50 import architecture
from fixtures.models.resnet50 import weights as canonical
from fixtures.models.resnet50.architecture import Block, Convolution
from harness.frameworks.contract import Setup, Weights
from harness.record.case import Execution, Workload
from harness.record.fairness import Source
from harness.record.outcome import Unsupported

CANONICAL_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "bias": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
TO_KERAS = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}  # by rank: OIHW → HWIO, OI → IO
FROM_KERAS = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}


def network(setup: Setup) -> Any:
    """The case's network. Whether batch norms and dropout train is said in the call, the backbone's freezing here.

    Its habit is Keras' transfer-learning guide, with the experiment's head in the place of one linear layer: the base is
    `keras.applications.ResNet50`, and called with `training=False`, so that its batch norms stay in inference mode when it is unfrozen too;
    that is less work than the other framework's habit, and part of what is compared.
    """
    keras.utils.set_random_seed(setup.experiment.seed)
    images = keras.Input((setup.experiment.image_size, setup.experiment.image_size, architecture.IMAGE_CHANNELS))
    frozen = setup.case.workload is Workload.FROZEN
    if Source.ARCHITECTURE not in setup.neutral:
        base = keras.applications.ResNet50(
            include_top=False, weights="imagenet" if setup.pretrained else None, input_shape=images.shape[1:], pooling="avg"
        )
        base.trainable = not frozen
        return keras.Model(images, head(setup, base(images, training=False)))
    built = keras.Model(images, head(setup, backbone(setup, images)))
    load(built, canonical.load(setup.weights_file, setup.experiment.head.hidden_units))
    if frozen:
        for layer in built.layers:
            layer.trainable = layer.name.startswith("fc.")  # a batch norm that is not trainable runs in inference mode
    return built


def head(setup: Setup, features: Any) -> Any:
    """By habit it ends in a softmax, as the examples in Keras' page of its applications do."""
    hidden = keras.layers.Dense(setup.experiment.head.hidden_units, activation="relu", name="fc.hidden")(features)
    dropped = keras.layers.Dropout(setup.dropout, name="fc.dropout")(hidden)
    activation = "linear" if Source.LOSS in setup.neutral else "softmax"
    return keras.layers.Dense(architecture.CLASSES, activation=activation, name="fc.output")(dropped)


def backbone(setup: Setup, images: Any) -> Any:
    norm = FusedBatchNormalization if setup.case.execution is Execution.FUSED_NORM else keras.layers.BatchNormalization
    outputs = relu(normalised_convolution(architecture.STEM, images, norm))
    outputs = keras.layers.MaxPooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(outputs))
    for block in architecture.blocks():
        outputs = bottleneck(block, outputs, norm)
    return keras.layers.GlobalAveragePooling2D(name="avgpool")(outputs)


def bottleneck(block: Block, inputs: Any, norm: type[Any]) -> Any:
    outputs = relu(normalised_convolution(block.reduce, inputs, norm))
    outputs = relu(normalised_convolution(block.spatial, outputs, norm))
    outputs = normalised_convolution(block.expand, outputs, norm)
    shortcut = inputs if block.shortcut is None else normalised_convolution(block.shortcut, inputs, norm)
    return relu(keras.layers.Add(name=f"{block.name}.add")([outputs, shortcut]))


def normalised_convolution(convolution: Convolution, inputs: Any, norm: type[Any]) -> Any:
    outputs = keras.layers.Conv2D(
        convolution.out_channels,
        convolution.kernel,
        strides=convolution.stride,
        padding="same" if convolution.stride == 1 else "valid",
        use_bias=False,
        name=convolution.name,
    )(padded(convolution, inputs))
    return norm(epsilon=architecture.BATCH_NORM_EPSILON, momentum=architecture.BATCH_NORM_MOMENTUM, name=convolution.batch_norm)(outputs)


class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras' layer on TensorFlow's fused kernel, which Keras 3 never uses. Takes NHWC images, statistics in float32.

    The kernel's running variance is unbiased (`tf.raw_ops.FusedBatchNormV3`), as torch's is; Keras' own is not.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        gamma, beta, mean, variance = (
            tf.convert_to_tensor(each) for each in (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        )
        trains = bool(training) and self.trainable
        outputs = tf.raw_ops.FusedBatchNormV3(
            x=tf.cast(inputs, self.compute_dtype),
            scale=tf.cast(gamma, tf.float32),
            offset=tf.cast(beta, tf.float32),
            mean=tf.constant([], tf.float32) if trains else tf.cast(mean, tf.float32),
            variance=tf.constant([], tf.float32) if trains else tf.cast(variance, tf.float32),
            epsilon=self.epsilon,
            is_training=trains,
        )
        if trains:
            for running, batch in ((self.moving_mean, outputs.batch_mean), (self.moving_variance, outputs.batch_variance)):
                running.assign(running * self.momentum + batch * (1.0 - self.momentum))
        return outputs.y


def padded(convolution: Convolution, inputs: Any) -> Any:
    """Padding "same" is symmetric at stride 1 alone; at stride 2 TensorFlow pads more at the end, torch the same on both sides."""
    if convolution.stride == 1 or convolution.padding == 0:
        return inputs
    return keras.layers.ZeroPadding2D(convolution.padding)(inputs)


def relu(inputs: Any) -> Any:
    return keras.layers.ReLU()(inputs)


def load(built: Any, weights: Weights) -> None:
    """Ports canonical weights into the network. Raises WeightsError for a missing, unknown or misshapen tensor."""
    found = dict(tensors(built))
    ranks = {name: len(variable.shape) for name, variable in found.items()}
    expected = {name: tuple(variable.shape[axis] for axis in FROM_KERAS[ranks[name]]) for name, variable in found.items()}
    architecture.check(weights, expected)
    for name, variable in found.items():
        variable.assign(np.transpose(weights[name], TO_KERAS[ranks[name]]))


def weights(built: Any) -> Weights:
    """The inverse of `load`."""
    return {name: np.array(np.transpose(variable.numpy(), FROM_KERAS[len(variable.shape)]), order="C") for name, variable in tensors(built)}


def tensors(built: Any) -> Iterator[tuple[str, Any]]:
    for layer in built.layers:
        if isinstance(layer, keras.Model):  # the stock network's base
            yield from tensors(layer)
        else:
            yield from ((f"{layer.name}.{CANONICAL_NAMES[variable.name]}", variable) for variable in layer.weights)


def pretrained() -> Weights:
    raise Unsupported("Keras has no ImageNet weights of ResNet50 v1.5, only of v1: take torchvision's")
