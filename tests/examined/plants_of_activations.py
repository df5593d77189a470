"""Faults of activations, of each entry of the catalogue in each framework's file."""

from __future__ import annotations

from tests.examined.plant import PYTORCH, TENSORFLOW, Plant, in_pytorch, in_tensorflow

ADDED = "layers.Add()([inner, shortcut])"

PLANTS = {
    "gelu_in_keras": in_tensorflow(
        "images", "gelu", "gelu", ('activation="gelu"', "activation=lambda states: ops.gelu(states, approximate=True)")
    ),
    "quick_gelu_in_keras": in_tensorflow("images", "gelu", "gelu", ('activation="gelu"', "activation=mistaken.quick_gelu")),
    "gelu_in_pytorch": in_pytorch("images", "gelu", "gelu", ("nn.GELU()", 'nn.GELU(approximate="tanh")')),
    "exact_gelu_in_keras": in_tensorflow("places", "activation", "gelu", ("approximate=True", "approximate=False")),
    "exact_gelu_in_pytorch": in_pytorch("places", "activation", "gelu", ('approximate="tanh"', "")),
    "hard_swish_in_keras": in_tensorflow(
        "images", "hard", "hard_activation", ('layers.Activation("hard_swish")', "layers.Activation(mistaken.hard_swish)")
    ),
    "hard_swish_in_pytorch": in_pytorch("images", "grouped", "hard_activation", ("self.hard(", "mistaken.hard_swish(")),
    "slope_in_keras": in_tensorflow("images", "slope", "slope", ("negative_slope=0.1", "")),
    "slope_in_pytorch": in_pytorch("images", "slope", "slope", ("nn.LeakyReLU(0.1)", "nn.LeakyReLU()")),
    "missing_in_keras": in_tensorflow("images", "block_activation", "activation_missing", (f'layers.Activation("relu")({ADDED})', ADDED)),
    "fused_missing_in_keras": in_tensorflow("images", "square_activation", "activation_missing", (', activation="tanh"', "")),
    "twice_in_keras": in_tensorflow(
        "images",
        "grouped",
        "activation_added",
        ('layers.Activation("hard_swish")(', 'layers.Activation("hard_swish")(layers.Activation("hard_swish")('),
        ('padding="same")(features))', 'padding="same")(features)))'),
    ),
    "missing_in_pytorch": in_pytorch(
        "images",
        "depthwise",
        "activation_added",
        ("self.block_activation(inner + self.shortcut(features))", "inner + self.shortcut(features)"),
    ),
    "twice_in_pytorch": in_pytorch(
        "images", "hard", "activation_missing", ("self.hard(self.depthwise(features))", "self.hard(self.hard(self.depthwise(features)))")
    ),
    "added_in_keras": in_tensorflow(
        "places", "back", "activation_added", ("layers.Dense(16)(inner)", 'layers.Dense(16, activation="relu")(inner)')
    ),
    "added_before_the_norm_in_keras": in_tensorflow(
        "images", "stem", "activation_added", ("layers.Conv2D(8, 3, strides=2)", 'layers.Conv2D(8, 3, strides=2, activation="relu")')
    ),
    "added_in_pytorch": in_pytorch("places", "behind", "activation_missing", ("states + inner", "states + functional.relu(inner)")),
    "another_in_keras": in_tensorflow("images", "square_activation", "activation", ('activation="tanh"', 'activation="sigmoid"')),
    "another_in_pytorch": in_pytorch("images", "square_activation", "activation", ("nn.Tanh()", "nn.Softsign()")),
    "another_in_place_in_pytorch": in_pytorch("nested", "first", "activation", ("functional.silu(", "functional.mish(")),
    "relu_without_end_in_keras": in_tensorflow("nested", "stem.2", "activation", ("layers.ReLU(1)", "layers.ReLU()")),
    "behind_the_norm_in_keras": Plant(
        "images",
        TENSORFLOW,
        {
            "layers.LeakyReLU(negative_slope=0.1)(": "layers.BatchNormalization(epsilon=1e-5)(",
            "(layers.BatchNormalization(epsilon=1e-5)(stem))": "(layers.LeakyReLU(negative_slope=0.1)(stem))",
        },
        {"stem": ("activation_place",)},
    ),
    "behind_the_norm_in_pytorch": Plant(
        "images",
        PYTORCH,
        {"self.slope(self.stem_norm(self.stem(image)))": "self.stem_norm(self.slope(self.stem(image)))"},
        {"slope": ("activation_place",)},
    ),
}
