"""Faults of the order of values and of what goes into the network, of each entry of the catalogue in each framework's file."""

from __future__ import annotations

from tests.examined.plant import in_pytorch, in_tensorflow

JOINED = "[hidden, square]"

PLANTS = {
    "flattened_in_keras": in_tensorflow(
        "images", "hidden", "flatten_order", ("layers.Flatten()(ops.transpose(features, (0, 3, 1, 2)))", "layers.Flatten()(features)")
    ),
    "flattened_in_pytorch": in_pytorch(
        "images", "hidden", "flatten_order", ("features.flatten(1)", "features.permute(0, 2, 3, 1).flatten(1)")
    ),
    "colours_in_keras": in_tensorflow("images", "stem", "channel_order", ("(image))", "(image[..., ::-1]))")),
    "colours_in_pytorch": in_pytorch("images", "stem", "channel_order", ("self.stem(image)", "self.stem(image.flip(1))")),
    "range_in_keras": in_tensorflow("images", "stem", "input_range", ("(image))", "(layers.Rescaling(1 / 127.5, -1)(image)))")),
    "range_in_pytorch": in_pytorch("places", "patches", "input_range", ("self.patches(image)", "self.patches(image / 255)")),
    "place_in_keras": in_tensorflow("places", "classes", "place_of_a_sequence", ("compared[:, -1]", "compared[:, 0]")),
    "place_in_pytorch": in_pytorch("places", "classes", "place_of_a_sequence", ("compared[:, -1]", "compared.mean(1)")),
    "joined_in_keras": in_tensorflow("images", "classes", "operands", (JOINED, "[square, hidden]")),
    "joined_in_pytorch": in_pytorch("images", "classes", "operands", (JOINED, "[square, hidden]")),
    "subtracted_in_keras": in_tensorflow(
        "places", "compared", "operands", ("states - ops.mean(states, 1, keepdims=True)", "ops.mean(states, 1, keepdims=True) - states")
    ),
    "residual_in_keras": in_tensorflow("nested", "stages.1.twice", "residual", ("inner + features", "inner")),
    "residual_in_pytorch": in_pytorch("nested", "stages.0.norm", "residual", ("        inner += features\n", "")),
}
