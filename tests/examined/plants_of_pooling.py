"""Faults of pooling, of each entry of the catalogue in each framework's file."""

from __future__ import annotations

from tests.examined.plant import in_pytorch, in_tensorflow

POOLED = "layers.MaxPooling2D(3, strides=2)(ops.pad(stem, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=LEAST))"
AVERAGED = "layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(features))"

PLANTS = {
    "zeros_before_pooling_in_keras": in_tensorflow(
        "images", "pool", "padding_before_pooling", ("constant_values=LEAST", "constant_values=0.0")
    ),
    "zeros_before_pooling_in_pytorch": in_pytorch(
        "images",
        "pool.0",
        "padding_before_pooling",
        ("nn.MaxPool2d(3, stride=2, padding=1)", "nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3, stride=2))"),
    ),
    "pool_padding_in_keras": in_tensorflow(
        "images", "pool", "pool_padding", (POOLED, 'layers.MaxPooling2D(3, strides=2, padding="same")(stem)')
    ),
    "pool_padding_in_pytorch": in_pytorch(
        "images",
        "pool.0",
        "pool_padding",
        ("nn.MaxPool2d(3, stride=2, padding=1)", "nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), -1e9), nn.MaxPool2d(3, stride=2))"),
    ),
    "average_padding_in_keras": in_tensorflow(
        "images", "mean", "pool_padding", (AVERAGED, 'layers.AveragePooling2D(3, strides=2, padding="same")(features)')
    ),
    "counted_in_keras": in_tensorflow(
        "nested",
        "soft",
        "count_include_pad",
        ("[layers.ZeroPadding2D(1), layers.AveragePooling2D(3, strides=1)]", '[layers.AveragePooling2D(3, strides=1, padding="same")]'),
    ),
    "counted_in_pytorch": in_pytorch(
        "images",
        "mean",
        "count_include_pad",
        ("nn.AvgPool2d(3, stride=2, padding=1)", "nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)"),
    ),
    "ceiling_in_keras": in_tensorflow("nested", "top", "ceil_mode", (', padding="same")(down)', ")(down)")),
    "ceiling_in_pytorch": in_pytorch("nested", "top", "ceil_mode", (", ceil_mode=True", "")),
    "pool_kind_in_keras": in_tensorflow("images", "mean", "pool_kind", ("layers.AveragePooling2D(", "layers.MaxPooling2D(")),
    "pool_kind_in_pytorch": in_pytorch("images", "pool", "pool_kind", ("nn.MaxPool2d(", "nn.AvgPool2d(")),
    "global_pool_in_keras": in_tensorflow("nested", "first", "pool_kind", ("GlobalAveragePooling2D", "GlobalMaxPooling2D")),
    "global_pool_in_pytorch": in_pytorch("nested", "first", "pool_kind", ("features.mean((2, 3))", "features.amax((2, 3))")),
    "pool_size_in_keras": in_tensorflow(
        "nested", "stem.3", "pool_size", ("layers.AveragePooling2D(2)", "layers.ZeroPadding2D(1), layers.AveragePooling2D(3, 2)")
    ),
    "pool_size_in_pytorch": in_pytorch("nested", "stem.3", "pool_size", ("nn.AvgPool2d(2)", "nn.AvgPool2d(3, 2, 1)")),
}
