"""Faults of convolutions and dense layers, of each entry of the catalogue in each framework's file."""

from __future__ import annotations

from tests.examined.plant import PYTORCH, TENSORFLOW, Plant, in_pytorch, in_tensorflow

PADDED = "layers.Conv2D(8, 3, strides=2)(layers.ZeroPadding2D(1)(image))"
DEPTHWISE = 'layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")'

PLANTS = {
    "padding_in_keras": in_tensorflow("images", "stem", "padding", (PADDED, 'layers.Conv2D(8, 3, strides=2, padding="same")(image)')),
    "padding_in_pytorch": in_pytorch(
        "images",
        "stem",
        "padding",
        ("nn.Conv2d(3, 8, 3, stride=2, padding=1)", "nn.Conv2d(3, 8, 3, stride=2)"),
        ("self.stem(image)", "self.stem(nn.functional.pad(image, (0, 1, 0, 1)))"),
    ),
    "padding_inside_in_keras": in_tensorflow(
        "images",
        "spatial",
        "padding",
        (
            "layers.Conv2D(8, 3, strides=2, use_bias=False)(layers.ZeroPadding2D(1)(inner))",
            'layers.Conv2D(8, 3, strides=2, use_bias=False, padding="same")(inner)',
        ),
    ),
    "stride_in_keras": Plant(
        "images",
        TENSORFLOW,
        {
            "layers.Conv2D(8, 1, use_bias=False)": "layers.Conv2D(8, 1, strides=2, use_bias=False)",
            "layers.Conv2D(8, 3, strides=2, use_bias=False)": "layers.Conv2D(8, 3, use_bias=False)",
        },
        {"narrow": ("stride",), "spatial": ("stride",)},
    ),
    "stride_in_pytorch": Plant(
        "images",
        PYTORCH,
        {
            "nn.Conv2d(8, 8, 1, bias=False)": "nn.Conv2d(8, 8, 1, stride=2, bias=False)",
            "nn.Conv2d(8, 8, 3, stride=2, padding=1, bias=False)": "nn.Conv2d(8, 8, 3, padding=1, bias=False)",
        },
        {"narrow": ("stride",), "spatial": ("stride",)},
    ),
    "dilation_in_keras": in_tensorflow("images", "grouped", "dilation", ("dilation_rate=2, ", "")),
    "dilation_in_pytorch": in_pytorch("images", "grouped", "dilation", ("padding=2, dilation=2", "padding=1")),
    "padding_mode_in_keras": in_tensorflow("places", "mixed", "padding_mode", ('mode="reflect"', 'mode="symmetric"')),
    "padding_with_zeros_in_keras": in_tensorflow("places", "mixed", "padding_mode", (', mode="reflect"', "")),
    "padding_mode_in_pytorch": in_pytorch("places", "mixed", "padding_mode", ('padding_mode="reflect"', 'padding_mode="replicate"')),
    "padding_with_zeros_in_pytorch": in_pytorch("places", "mixed", "padding_mode", (', padding_mode="reflect"', "")),
    "bias_missing_in_keras": in_tensorflow("images", "square", "bias", ('activation="tanh"', 'activation="tanh", use_bias=False')),
    "bias_of_a_convolution_missing_in_keras": in_tensorflow(
        "images", "stem", "bias", ("layers.Conv2D(8, 3, strides=2)", "layers.Conv2D(8, 3, strides=2, use_bias=False)")
    ),
    "bias_twice_in_keras": in_tensorflow("places", "compared", "bias", ("layers.Dense(16)(states - ", "mistaken.Twice(16)(states - ")),
    "bias_twice_in_pytorch": in_pytorch("images", "square", "bias", ("self.square(hidden)", "self.square(hidden) + self.square.bias")),
    "transposed_in_keras": in_tensorflow(
        "images", "square", "transposed_kernel", ('layers.Dense(16, activation="tanh")', 'mistaken.Transposed(16, activation="tanh")')
    ),
    "transposed_in_pytorch": in_pytorch(
        "images", "square", "transposed_kernel", ("self.square(hidden)", "mistaken.transposed(self.square, hidden)")
    ),
    "depthwise_in_keras": in_tensorflow(
        "images", "depthwise", "depthwise_layout", (DEPTHWISE, DEPTHWISE.replace("layers.DepthwiseConv2D", "mistaken.InTurn"))
    ),
    "depthwise_in_pytorch": in_pytorch(
        "images", "depthwise", "depthwise_layout", ("self.depthwise(features)", "mistaken.in_turn(self.depthwise, features)")
    ),
    "shuffle_in_keras": in_tensorflow("images", "grouped", "channel_shuffle", ("(shuffled(features))", "(features)")),
    "shuffle_in_pytorch": in_pytorch(
        "images", "grouped", "channel_shuffle", ("self.grouped(shuffled(features))", "self.grouped(features)")
    ),
}
