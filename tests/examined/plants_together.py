"""Two and three faults at once: in layers far from one another, in neighbours, between two layers, in one."""

from __future__ import annotations

from tests.examined.plant import PYTORCH, TENSORFLOW, Plant

PADDED = "layers.Conv2D(8, 3, strides=2)(layers.ZeroPadding2D(1)(image))"

PLANTS = {  # two and three at once: in layers far from one another, in neighbours, between two layers, in one
    "far_apart": Plant(
        "images",
        TENSORFLOW,
        {PADDED: 'layers.Conv2D(8, 3, strides=2, padding="same")(image)', 'activation="tanh"': 'activation="sigmoid"'},
        {"stem": ("padding",), "square_activation": ("activation",)},
    ),
    "in_neighbours": Plant(
        "images",
        TENSORFLOW,
        {
            PADDED: 'layers.Conv2D(8, 3, strides=2, padding="same")(image)',
            "BatchNormalization(epsilon=1e-5)(stem)": "BatchNormalization()(stem)",
        },
        {"stem": ("padding",), "stem_norm": ("epsilon",)},
    ),
    "between_two_layers": Plant(
        "images",
        TENSORFLOW,
        {"negative_slope=0.1": "", "constant_values=LEAST": "constant_values=0.0"},
        {"slope": ("slope", "padding_before_pooling")},
    ),
    "activation_and_shuffle": Plant(
        "images",
        TENSORFLOW,
        {'layers.Activation("hard_swish")': "layers.Activation(mistaken.hard_swish)", "(shuffled(features))": "(features)"},
        {"hard": ("hard_activation", "channel_shuffle")},
    ),
    "in_one_norm": Plant(
        "images",
        TENSORFLOW,
        {"BatchNormalization(epsilon=1e-5)(stem)": "BatchNormalization(scale=False)(stem)"},
        {"stem_norm": ("epsilon", "norm_affine")},
    ),
    "in_one_convolution": Plant(
        "images",
        TENSORFLOW,
        {PADDED: 'layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(image)'},
        {"stem": ("padding", "bias")},
    ),
    "three": Plant(
        "images",
        PYTORCH,
        {"nn.LeakyReLU(0.1)": "nn.LeakyReLU()", "nn.MaxPool2d(": "nn.AvgPool2d(", "nn.GELU()": 'nn.GELU(approximate="tanh")'},
        {"slope": ("slope", "pool_kind"), "gelu": ("gelu",)},
    ),
}
