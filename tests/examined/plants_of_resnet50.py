"""Faults in ResNet50, of each entry of the catalogue that it can have, in each framework's file where both can have it."""

from __future__ import annotations

from tests.examined.plant import PYTORCH, TENSORFLOW, Plant, in_pytorch, in_tensorflow

STEM = "relu(normalised_convolution(architecture.STEM, images))"
POOLED = "keras.layers.MaxPooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(outputs))"
PADDED = "keras.layers.ZeroPadding2D(convolution.padding)(inputs)"
HIDDEN = 'keras.layers.Dense(options.hidden_units, activation="relu", name="fc.hidden")'
DROPPED = 'keras.layers.Dropout(options.dropout, name="fc.dropout")(hidden)'
ADDED = 'relu(keras.layers.Add(name=f"{block.name}.add")([outputs, shortcut]))'
NORMALISED = "name=convolution.batch_norm\n    )(outputs)"


def _pytorch(place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return in_pytorch("resnet50", place, entry, *changes)


def _keras(place: str, entry: str, *changes: tuple[str, str]) -> Plant:
    return in_tensorflow("resnet50", place, entry, *changes)


def _built(place: str, entry: str, change: str) -> Plant:
    """A statement about torchvision's network."""
    return _pytorch(place, entry, ("    return built", f"    {change}\n    return built"))


def _normed(entry: str, norm: str) -> Plant:
    """Every norm of torchvision's network."""
    return _pytorch("bn1", entry, ("resnet50(weights=None)", f"resnet50(weights=None, norm_layer={norm})"))


OF_CONVOLUTIONS = {
    "padding_in_keras": _keras(
        "conv1",
        "padding",
        ('padding="same" if convolution.stride == 1 else "valid"', 'padding="same"'),
        ("(padded(convolution, inputs))", "(inputs)"),
    ),
    "padding_in_pytorch": _built("conv1", "padding", "built.conv1.padding = (2, 2)"),
    "stride_in_keras": Plant(
        "resnet50",
        TENSORFLOW,
        {
            "import keras\n": "import keras\nfrom msgspec.structs import replace\n",
            "normalised_convolution(block.reduce, inputs)": (
                "normalised_convolution(replace(block.reduce, stride=block.spatial.stride), inputs)"
            ),
            "normalised_convolution(block.spatial, outputs)": "normalised_convolution(replace(block.spatial, stride=1), outputs)",
        },
        {"layer2.0.conv1": ("stride",), "layer2.0.conv2": ("stride",)},
    ),
    "stride_in_pytorch": Plant(
        "resnet50",
        PYTORCH,
        {"    return built": "    built.layer2[0].conv1.stride, built.layer2[0].conv2.stride = (2, 2), (1, 1)\n    return built"},
        {"layer2.0.conv1": ("stride",), "layer2.0.conv2": ("stride",)},
    ),
    "dilation_in_keras": _keras(
        "layer2.1.conv2",
        "dilation",
        ("use_bias=False,", 'use_bias=False,\n        dilation_rate=2 if convolution.name == "layer2.1.conv2" else 1,'),
    ),
    "dilation_in_pytorch": Plant(
        "resnet50",
        PYTORCH,
        {"resnet50(weights=None)": "resnet50(weights=None, replace_stride_with_dilation=[False, False, True])"},
        {"layer4.0.conv2": ("stride",), "layer4.0.downsample.0": ("stride",), "layer4.1.conv2": ("dilation",)},
    ),
    "padding_mode_in_keras": _keras(
        "conv1", "padding_mode", (PADDED, 'keras.ops.pad(inputs, [(0, 0), *[(convolution.padding,) * 2] * 2, (0, 0)], mode="reflect")')
    ),
    "padding_mode_in_pytorch": _built("conv1", "padding_mode", 'built.conv1.padding_mode = "replicate"'),
    "bias_in_keras": _keras("fc.output", "bias", ('activation=activation, name="fc.output"', 'use_bias=False, name="fc.output"')),
    "bias_in_pytorch": _pytorch("fc.output", "bias", ("output=torch.nn.Linear(", "output=mistaken.Twice(")),
    "transposed_in_keras": _keras("conv1", "transposed_kernel", ("keras.layers.Conv2D(", "mistaken.Exchanged(")),
    "transposed_in_pytorch": _built(
        "layer1.0.conv2", "transposed_kernel", "built.layer1[0].conv2 = mistaken.Exchanged(64, 64, 3, padding=1, bias=False)"
    ),
}

OF_NORMS = {
    "epsilon_in_keras": _keras("bn1", "epsilon", ("epsilon=architecture.BATCH_NORM_EPSILON", "epsilon=1.001e-5")),
    "epsilon_in_pytorch": _normed("epsilon", "lambda channels: torch.nn.BatchNorm2d(channels, 1e-3)"),
    "frozen_norm_in_keras": _keras("bn1", "frozen_norm", ("keras.layers.BatchNormalization(", "mistaken.OfTheBatch(")),
    "frozen_norm_in_pytorch": _normed("frozen_norm", "mistaken.OfTheBatch"),
    "scale_in_keras": _keras("bn1", "norm_affine", ("keras.layers.BatchNormalization(", "keras.layers.BatchNormalization(scale=False, ")),
    "one_more_in_pytorch": _normed("norm_affine", "mistaken.OneMore"),
    "norm_missing_in_keras": _keras(
        "bn1",
        "norm_missing",
        (
            "    return keras.layers.Batch",
            "    if convolution is architecture.STEM:\n        return outputs\n    return keras.layers.Batch",
        ),
    ),
}

OF_ACTIVATIONS = {
    "activation_in_keras": _keras("relu", "activation", ("keras.layers.ReLU()", 'keras.layers.Activation("softplus")')),
    "slope_of_none_in_keras": _keras("fc.relu", "activation", ('activation="relu"', 'activation="leaky_relu"')),
    "activation_in_pytorch": _pytorch("fc.relu", "activation", ("torch.nn.ReLU()", "torch.nn.ELU()")),
    "activation_missing_in_keras": _keras("fc.relu", "activation_missing", (', activation="relu"', "")),
    "activation_more_in_pytorch": _built(
        "layer1.0.downsample.2", "activation_missing", "built.layer1[0].downsample.append(torch.nn.ReLU())"
    ),
    "activation_added_in_keras": _keras(
        "layer1.0.bn3",
        "activation_added",
        ("outputs = normalised_convolution(block.expand, outputs)", "outputs = relu(normalised_convolution(block.expand, outputs))"),
    ),
    "activation_less_in_pytorch": _pytorch("fc.dropout", "activation_added", ("relu=torch.nn.ReLU()", "relu=torch.nn.Identity()")),
    "activation_place_in_keras": _keras(
        "layer1.0.conv1",
        "activation_place",
        ("relu(normalised_convolution(block.reduce, inputs))", "normalised_convolution(block.reduce, inputs)"),
        (NORMALISED, NORMALISED.replace("(outputs)", '(relu(outputs) if convolution.name.endswith(".conv1") else outputs)')),
    ),
    "activation_place_in_pytorch": _built("bn1", "activation_place", "built.bn1, built.relu = mistaken.Activated(64), torch.nn.Identity()"),
}

OF_POOLING = {
    "pool_padding_in_keras": _keras(
        "maxpool", "pool_padding", (POOLED, 'keras.layers.MaxPooling2D(3, strides=2, padding="same")(outputs)')
    ),
    "pool_padding_in_pytorch": _built(
        "maxpool.0",
        "pool_padding",
        "built.maxpool = torch.nn.Sequential(torch.nn.ConstantPad2d((0, 1, 0, 1), -1e9), torch.nn.MaxPool2d(3, 2))",
    ),
    "ceil_mode_in_keras": _keras("maxpool", "ceil_mode", ("MaxPooling2D(3, strides=2)", 'MaxPooling2D(3, strides=2, padding="same")')),
    "ceil_mode_in_pytorch": _built("maxpool", "ceil_mode", "built.maxpool.ceil_mode = True"),
    "pool_kind_in_keras": _keras("maxpool", "pool_kind", ("MaxPooling2D", "AveragePooling2D")),
    "pool_kind_in_pytorch": _built("maxpool", "pool_kind", "built.maxpool = torch.nn.AvgPool2d(3, 2, 1)"),
    "global_pool_in_keras": _keras("avgpool", "pool_kind", ("GlobalAveragePooling2D", "GlobalMaxPooling2D")),
    "global_pool_in_pytorch": _built("avgpool", "pool_kind", "built.avgpool = torch.nn.AdaptiveMaxPool2d(1)"),
    "pool_size_in_keras": _keras("maxpool", "pool_size", (POOLED, "keras.layers.MaxPooling2D(2)(outputs)")),
    "pool_size_in_pytorch": _built("maxpool", "pool_size", "built.maxpool = torch.nn.MaxPool2d(2)"),
}

OF_ORDER = {
    "channel_order_in_keras": _keras("conv1", "channel_order", (STEM, STEM.replace("images", "images[..., ::-1]"))),
    "channel_order_in_pytorch": _built("conv1", "channel_order", "built.register_forward_pre_hook(lambda _, given: (given[0].flip(1),))"),
    "input_range_in_keras": _keras("conv1", "input_range", (STEM, STEM.replace("images", "keras.layers.Rescaling(1 / 127.5, -1)(images)"))),
    "input_range_in_pytorch": _built("conv1", "input_range", "built.register_forward_pre_hook(lambda _, given: (given[0] / 255,))"),
    "residual_in_keras": _keras("layer1.2.conv1", "residual", (ADDED, f"{ADDED} if block.shortcut else relu(outputs)")),
    "residual_in_pytorch": _built("layer1.1.bn3", "residual", "mistaken.without_shortcut(built.layer1[1])"),
    "dropout_in_keras": _keras("fc.dropout", "dropout", (DROPPED, 'mistaken.Dropping(name="fc.dropout")(hidden)')),
    "dropout_in_pytorch": _pytorch("fc.dropout", "dropout", ("torch.nn.Dropout(options.dropout)", "mistaken.Dropping()")),
}

PLANTS = {f"resnet50_{name}": plant for name, plant in (OF_CONVOLUTIONS | OF_NORMS | OF_ACTIVATIONS | OF_POOLING | OF_ORDER).items()}
