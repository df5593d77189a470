"""Faults of the models that ship with the suite, in Keras' file."""

from __future__ import annotations

from tests.examined.plant import in_tensorflow

PLANTS = {
    "resnet50_padding": in_tensorflow(
        "resnet50",
        "conv1",
        "padding",
        ('padding="same" if convolution.stride == 1 else "valid"', 'padding="same"'),
        ("(padded(convolution, inputs))", "(inputs)"),
    ),
    "resnet50_epsilon": in_tensorflow("resnet50", "bn1", "epsilon", ("epsilon=architecture.BATCH_NORM_EPSILON", "epsilon=1.001e-5")),
    "resnet50_pooling": in_tensorflow(
        "resnet50",
        "maxpool",
        "pool_padding",
        (
            "layers.MaxPooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(outputs))",
            'layers.MaxPooling2D(3, strides=2, padding="same")(outputs)',
        ),
    ),
    "text_encoder_epsilon": in_tensorflow("text_encoder", "norm", "epsilon", ("epsilon=1e-5", "epsilon=1e-12")),
    "text_encoder_gelu": in_tensorflow(
        "text_encoder",
        "layers.0.linear2",
        "gelu",
        ('activation="gelu")', "activation=lambda states: keras.ops.gelu(states, approximate=True))"),
    ),
    "mobilenet_v2_epsilon": in_tensorflow("mobilenet_v2", "features.0.1", "epsilon", ("epsilon=1e-5", "epsilon=1e-3")),
}
