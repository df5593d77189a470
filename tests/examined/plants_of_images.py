"""Faults of images' networks, one of each entry of the catalogue in each framework's file; `plants_together.py` has several at once."""

from __future__ import annotations

from tests.examined.plant import PYTORCH, TENSORFLOW, Plant

PADDED = "layers.Conv2D(8, 3, strides=2)(layers.ZeroPadding2D(1)(image))"
POOLED = "layers.MaxPooling2D(3, strides=2)(ops.pad(stem, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=LEAST))"
DEPTHWISE = 'layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same")'
AVERAGED = "layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(features))"
ADDED = "layers.Add()([inner, shortcut])"
JOINED = "[hidden, square]"


def _pytorch(model: str, place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return Plant(model, PYTORCH, dict(changes), {place: (entry,) if entry else ()})


def _tensorflow(model: str, place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return Plant(model, TENSORFLOW, dict(changes), {place: (entry,) if entry else ()})


OF_CONVOLUTIONS = {
    "padding_in_keras": _tensorflow("images", "stem", "padding", (PADDED, 'layers.Conv2D(8, 3, strides=2, padding="same")(image)')),
    "padding_in_pytorch": _pytorch(
        "images",
        "stem",
        "padding",
        ("nn.Conv2d(3, 8, 3, stride=2, padding=1)", "nn.Conv2d(3, 8, 3, stride=2)"),
        ("self.stem(image)", "self.stem(nn.functional.pad(image, (0, 1, 0, 1)))"),
    ),
    "padding_inside_in_keras": _tensorflow(
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
    "dilation_in_keras": _tensorflow("images", "grouped", "dilation", ("dilation_rate=2, ", "")),
    "dilation_in_pytorch": _pytorch("images", "grouped", "dilation", ("padding=2, dilation=2", "padding=1")),
    "padding_mode_in_keras": _tensorflow("places", "mixed", "padding_mode", ('mode="reflect"', 'mode="symmetric"')),
    "padding_with_zeros_in_keras": _tensorflow("places", "mixed", "padding_mode", (', mode="reflect"', "")),
    "padding_mode_in_pytorch": _pytorch("places", "mixed", "padding_mode", ('padding_mode="reflect"', 'padding_mode="replicate"')),
    "padding_with_zeros_in_pytorch": _pytorch("places", "mixed", "padding_mode", (', padding_mode="reflect"', "")),
    "bias_missing_in_keras": _tensorflow("images", "square", "bias", ('activation="tanh"', 'activation="tanh", use_bias=False')),
    "bias_of_a_convolution_missing_in_keras": _tensorflow(
        "images", "stem", "bias", ("layers.Conv2D(8, 3, strides=2)", "layers.Conv2D(8, 3, strides=2, use_bias=False)")
    ),
    "bias_twice_in_keras": _tensorflow("places", "compared", "bias", ("layers.Dense(16)(states - ", "mistaken.Twice(16)(states - ")),
    "bias_twice_in_pytorch": _pytorch("images", "square", "bias", ("self.square(hidden)", "self.square(hidden) + self.square.bias")),
    "transposed_in_keras": _tensorflow(
        "images", "square", "transposed_kernel", ('layers.Dense(16, activation="tanh")', 'mistaken.Transposed(16, activation="tanh")')
    ),
    "transposed_in_pytorch": _pytorch(
        "images", "square", "transposed_kernel", ("self.square(hidden)", "mistaken.transposed(self.square, hidden)")
    ),
    "depthwise_in_keras": _tensorflow(
        "images", "depthwise", "depthwise_layout", (DEPTHWISE, DEPTHWISE.replace("layers.DepthwiseConv2D", "mistaken.InTurn"))
    ),
    "depthwise_in_pytorch": _pytorch(
        "images", "depthwise", "depthwise_layout", ("self.depthwise(features)", "mistaken.in_turn(self.depthwise, features)")
    ),
    "shuffle_in_keras": _tensorflow("images", "grouped", "channel_shuffle", ("(shuffled(features))", "(features)")),
    "shuffle_in_pytorch": _pytorch("images", "grouped", "channel_shuffle", ("self.grouped(shuffled(features))", "self.grouped(features)")),
}

OF_NORMS = {
    "epsilon_in_keras": _tensorflow("images", "stem_norm", "epsilon", ("BatchNormalization(epsilon=1e-5)(stem)", "BatchNormalization()(stem)")),
    "epsilon_of_every_norm_in_keras": _tensorflow("images", "stem_norm", "epsilon", ("epsilon=1e-5", "epsilon=1.001e-5")),
    "epsilon_in_pytorch": _pytorch("images", "narrow_norm", "epsilon", ("narrow_norm = nn.BatchNorm2d(8)", "narrow_norm = nn.BatchNorm2d(8, 1e-3)")),
    "epsilon_of_a_layer_norm_in_keras": _tensorflow("places", "behind", "epsilon", ("epsilon=1e-6", "epsilon=1e-12")),
    "epsilon_of_a_layer_norm_in_pytorch": _pytorch("places", "behind", "epsilon", (", eps=1e-6", "")),
    "epsilon_of_groups_in_keras": _tensorflow("places", "grouped", "epsilon", ("GroupNormalization(4, epsilon=1e-5)", "GroupNormalization(4)")),
    "epsilon_of_nested_norms_in_keras": _tensorflow("nested", "stem.1", "epsilon", ("epsilon=1e-5", "epsilon=1e-3")),
    "frozen_norm_in_keras": _tensorflow("nested", "stages.0.norm", "frozen_norm", ("self.norm(self.twice(features), training=training)", "self.norm(self.twice(features), training=True)")),
    "frozen_norm_in_pytorch": _pytorch(
        "images", "narrow_norm", "frozen_norm",
        ("self.narrow_norm(self.narrow(features))", "mistaken.of_the_batch(self.narrow_norm, self.narrow(features))"),
    ),
    "scale_in_keras": _tensorflow("images", "stem_norm", "norm_affine", ("Normalization(epsilon=1e-5)(stem)", "Normalization(epsilon=1e-5, scale=False)(stem)")),
    "shift_in_keras": _tensorflow("places", "behind", "norm_affine", ("epsilon=1e-6", "epsilon=1e-6, center=False")),
    "one_more_in_keras": _tensorflow("places", "before", "norm_affine", ("layers.LayerNormalization(epsilon=1e-5)(states)", "mistaken.OneMore(epsilon=1e-5)(states)")),
    "one_more_in_pytorch": _pytorch("places", "before", "norm_affine", ("self.before(states)", "mistaken.one_more(self.before, states)")),
    "axis_in_keras": _tensorflow("places", "before", "norm_axis", ("LayerNormalization(epsilon=1e-5)", "LayerNormalization(epsilon=1e-5, axis=1)")),
    "axis_in_pytorch": _pytorch("places", "before", "norm_axis", ("self.before(states)", "self.before(states.transpose(1, 2)).transpose(1, 2)")),
    "groups_in_keras": _tensorflow("places", "grouped", "norm_axis", ("GroupNormalization(4, ", "GroupNormalization(8, ")),
    "groups_in_pytorch": _pytorch("places", "grouped", "norm_axis", ("nn.GroupNorm(4, 16)", "nn.GroupNorm(2, 16)")),
    "deviation_in_keras": _tensorflow("places", "before", "norm_deviation", ("layers.LayerNormalization(epsilon=1e-5)(states)", "mistaken.Deviation(epsilon=1e-5)(states)")),
    "deviation_in_pytorch": _pytorch("places", "before", "norm_deviation", ("self.before(states)", "mistaken.deviation(self.before, states)")),
    "norm_missing_in_keras": _tensorflow("places", "behind", "norm_missing", ("layers.LayerNormalization(epsilon=1e-6)(states + layers.Dense(16)(inner))", "states + layers.Dense(16)(inner)")),
    "batch_norm_missing_in_keras": _tensorflow("images", "stem_norm", "norm_missing", ("(layers.BatchNormalization(epsilon=1e-5)(stem))", "(stem)")),
    "norm_missing_in_pytorch": _pytorch(
        "places", "compared", "norm_missing",
        ("        self.behind = nn.LayerNorm(16, eps=1e-6)\n", ""), ("self.behind(states + inner)", "states + inner"),
    ),
}  # fmt: skip

OF_ACTIVATIONS = {
    "gelu_in_keras": _tensorflow("images", "gelu", "gelu", ('activation="gelu"', "activation=lambda states: ops.gelu(states, approximate=True)")),
    "quick_gelu_in_keras": _tensorflow("images", "gelu", "gelu", ('activation="gelu"', "activation=mistaken.quick_gelu")),
    "gelu_in_pytorch": _pytorch("images", "gelu", "gelu", ("nn.GELU()", 'nn.GELU(approximate="tanh")')),
    "exact_gelu_in_keras": _tensorflow("places", "activation", "gelu", ("approximate=True", "approximate=False")),
    "exact_gelu_in_pytorch": _pytorch("places", "activation", "gelu", ('approximate="tanh"', "")),
    "hard_swish_in_keras": _tensorflow("images", "hard", "hard_activation", ('layers.Activation("hard_swish")', "layers.Activation(mistaken.hard_swish)")),
    "hard_swish_in_pytorch": _pytorch("images", "grouped", "hard_activation", ("self.hard(", "mistaken.hard_swish(")),
    "slope_in_keras": _tensorflow("images", "slope", "slope", ("negative_slope=0.1", "")),
    "slope_in_pytorch": _pytorch("images", "slope", "slope", ("nn.LeakyReLU(0.1)", "nn.LeakyReLU()")),
    "missing_in_keras": _tensorflow("images", "block_activation", "activation_missing", (f'layers.Activation("relu")({ADDED})', ADDED)),
    "fused_missing_in_keras": _tensorflow("images", "square_activation", "activation_missing", (', activation="tanh"', "")),
    "twice_in_keras": _tensorflow(
        "images", "hard", "activation_added",
        ('layers.Activation("hard_swish")(', 'layers.Activation("hard_swish")(layers.Activation("hard_swish")('), ('padding="same")(features))', 'padding="same")(features)))'),
    ),
    "missing_in_pytorch": _pytorch("images", "depthwise", "activation_added", ("self.block_activation(inner + self.shortcut(features))", "inner + self.shortcut(features)")),
    "twice_in_pytorch": _pytorch("images", "hard", "activation_missing", ("self.hard(self.depthwise(features))", "self.hard(self.hard(self.depthwise(features)))")),
    "added_in_keras": _tensorflow("places", "back", "activation_added", ("layers.Dense(16)(inner)", 'layers.Dense(16, activation="relu")(inner)')),
    "added_before_the_norm_in_keras": _tensorflow("images", "stem", "activation_added", ("layers.Conv2D(8, 3, strides=2)", 'layers.Conv2D(8, 3, strides=2, activation="relu")')),
    "added_in_pytorch": _pytorch("places", "behind", "activation_missing", ("states + inner", "states + functional.relu(inner)")),
    "another_in_keras": _tensorflow("images", "square_activation", "activation", ('activation="tanh"', 'activation="sigmoid"')),
    "another_in_pytorch": _pytorch("images", "square_activation", "activation", ("nn.Tanh()", "nn.Softsign()")),
    "another_in_place_in_pytorch": _pytorch("nested", "first", "activation", ("functional.silu(", "functional.mish(")),
    "relu_without_end_in_keras": _tensorflow("nested", "stem.2", "activation", ("layers.ReLU(1)", "layers.ReLU()")),
    "behind_the_norm_in_keras": Plant(
        "images",
        TENSORFLOW,
        {"layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization(epsilon=1e-5)(stem))":
         "layers.BatchNormalization(epsilon=1e-5)(layers.LeakyReLU(negative_slope=0.1)(stem))"},
        {"stem": ("activation_added",), "slope": ("activation_missing",)},
    ),
    "behind_the_norm_in_pytorch": Plant(
        "images",
        PYTORCH,
        {"self.slope(self.stem_norm(self.stem(image)))": "self.stem_norm(self.slope(self.stem(image)))"},
        {"slope": ("activation_missing",), "stem_norm": ("activation_added",)},
    ),
}  # fmt: skip

OF_POOLING = {
    "zeros_before_pooling_in_keras": _tensorflow("images", "pool", "padding_before_pooling", ("constant_values=LEAST", "constant_values=0.0")),
    "zeros_before_pooling_in_pytorch": _pytorch(
        "images", "pool.0", "padding_before_pooling",
        ("nn.MaxPool2d(3, stride=2, padding=1)", "nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, stride=2))"),
    ),
    "pool_padding_in_keras": _tensorflow("images", "pool", "pool_padding", (POOLED, 'layers.MaxPooling2D(3, strides=2, padding="same")(stem)')),
    "pool_padding_in_pytorch": _pytorch(
        "images", "pool.0", "pool_padding",
        ("nn.MaxPool2d(3, stride=2, padding=1)", "nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), -1e9), nn.MaxPool2d(3, stride=2))"),
    ),
    "average_padding_in_keras": _tensorflow("images", "mean", "pool_padding", (AVERAGED, 'layers.AveragePooling2D(3, strides=2, padding="same")(features)')),
    "counted_in_keras": _tensorflow("nested", "soft", "count_include_pad", ("[layers.ZeroPadding2D(1), layers.AveragePooling2D(3, strides=1)]", '[layers.AveragePooling2D(3, strides=1, padding="same")]')),
    "counted_in_pytorch": _pytorch("images", "mean", "count_include_pad", ("nn.AvgPool2d(3, stride=2, padding=1)", "nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)")),
    "ceiling_in_keras": _tensorflow("nested", "top", "ceil_mode", (', padding="same")(down)', ")(down)")),
    "ceiling_in_pytorch": _pytorch("nested", "top", "ceil_mode", (", ceil_mode=True", "")),
    "pool_kind_in_keras": _tensorflow("images", "mean", "pool_kind", ("layers.AveragePooling2D(", "layers.MaxPooling2D(")),
    "pool_kind_in_pytorch": _pytorch("images", "pool", "pool_kind", ("nn.MaxPool2d(", "nn.AvgPool2d(")),
    "global_pool_in_keras": _tensorflow("nested", "first", "pool_kind", ("GlobalAveragePooling2D", "GlobalMaxPooling2D")),
    "global_pool_in_pytorch": _pytorch("nested", "first", "pool_kind", ("features.mean((2, 3))", "features.amax((2, 3))")),
    "pool_size_in_keras": _tensorflow("nested", "stem.3", "pool_size", ("layers.AveragePooling2D(2)", "layers.ZeroPadding2D(1), layers.AveragePooling2D(3, 2)")),
    "pool_size_in_pytorch": _pytorch("nested", "stem.3", "pool_size", ("nn.AvgPool2d(2)", "nn.AvgPool2d(3, 2, 1)")),
}  # fmt: skip

OF_ORDER = {
    "flattened_in_keras": _tensorflow("images", "hidden", "flatten_order", ("layers.Flatten()(ops.transpose(features, (0, 3, 1, 2)))", "layers.Flatten()(features)")),
    "flattened_in_pytorch": _pytorch("images", "hidden", "flatten_order", ("features.flatten(1)", "features.permute(0, 2, 3, 1).flatten(1)")),
    "colours_in_keras": _tensorflow("images", "stem", "channel_order", ("(image))", "(image[..., ::-1]))")),
    "colours_in_pytorch": _pytorch("images", "stem", "channel_order", ("self.stem(image)", "self.stem(image.flip(1))")),
    "range_in_keras": _tensorflow("images", "stem", "input_range", ("(image))", "(layers.Rescaling(1 / 127.5, -1)(image)))")),
    "range_in_pytorch": _pytorch("places", "patches", "input_range", ("self.patches(image)", "self.patches(image / 255)")),
    "place_in_keras": _tensorflow("places", "classes", "place_of_a_sequence", ("compared[:, -1]", "compared[:, 0]")),
    "place_in_pytorch": _pytorch("places", "classes", "place_of_a_sequence", ("compared[:, -1]", "compared.mean(1)")),
    "joined_in_keras": _tensorflow("images", "classes", "operands", (JOINED, "[square, hidden]")),
    "joined_in_pytorch": _pytorch("images", "classes", "operands", (JOINED, "[square, hidden]")),
    "subtracted_in_keras": _tensorflow("places", "compared", "operands", ("states - ops.mean(states, 1, keepdims=True)", "ops.mean(states, 1, keepdims=True) - states")),
    "residual_in_keras": _tensorflow("nested", "stages.1.twice", "residual", ("inner + features", "inner")),
    "residual_in_pytorch": _pytorch("nested", "stages.0.norm", "residual", ("        inner += features\n", "")),
}  # fmt: skip

SHIPPED = {
    "resnet50_padding": _tensorflow(
        "resnet50", "conv1", "padding",
        ('padding="same" if convolution.stride == 1 else "valid"', 'padding="same"'), ("(padded(convolution, inputs))", "(inputs)"),
    ),
    "resnet50_epsilon": _tensorflow("resnet50", "bn1", "epsilon", ("epsilon=architecture.BATCH_NORM_EPSILON", "epsilon=1.001e-5")),
    "resnet50_pooling": _tensorflow("resnet50", "maxpool", "pool_padding", ("layers.MaxPooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(outputs))", 'layers.MaxPooling2D(3, strides=2, padding="same")(outputs)')),
    "text_encoder_epsilon": _tensorflow("text_encoder", "norm", "epsilon", ("epsilon=1e-5", "epsilon=1e-12")),
    "text_encoder_gelu": _tensorflow("text_encoder", "layers.0.linear2", "gelu", ('activation="gelu")', "activation=lambda states: keras.ops.gelu(states, approximate=True))")),
    "mobilenet_v2_epsilon": _tensorflow("mobilenet_v2", "features.0.1", "epsilon", ("epsilon=1e-5", "epsilon=1e-3")),
}  # fmt: skip

OUTSIDE = {  # of the catalogue
    "odd_in_keras": _tensorflow("images", "hard", "", ('layers.Activation("hard_swish")', "layers.Activation(mistaken.odd)")),
    "odd_in_pytorch": _pytorch("images", "classes", "", ("self.square_activation(self.square(hidden))", "mistaken.odd(self.square(hidden))")),
    "factor_in_keras": _tensorflow("images", "stem_norm", "", ("BatchNormalization(epsilon=1e-5)(stem)", "BatchNormalization(epsilon=1e-5)(1.01 * stem)")),
    "factor_in_pytorch": _pytorch("images", "hidden", "", ("features.flatten(1)", "1.01 * features.flatten(1)")),
    "rolled_in_keras": _tensorflow("places", "before", "", ("(epsilon=1e-5)(states)", "(epsilon=1e-5)(ops.roll(states, 1, axis=1))")),
}  # fmt: skip

TOGETHER = {  # two and three at once: in layers far from one another, in neighbours, between two layers, in one
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

PLANTS = {**TOGETHER, **OF_CONVOLUTIONS, **OF_NORMS, **OF_ACTIVATIONS, **OF_POOLING, **OF_ORDER, **SHIPPED, **OUTSIDE}
