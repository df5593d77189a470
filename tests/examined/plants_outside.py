"""Faults that the catalogue does not know: the layer is to be named, and no reason."""

from __future__ import annotations

from tests.examined.plant import in_pytorch, in_tensorflow

PLANTS = {  # of the catalogue
    "odd_in_keras": in_tensorflow("images", "hard", "", ('layers.Activation("hard_swish")', "layers.Activation(mistaken.odd)")),
    "odd_in_pytorch": in_pytorch(
        "images", "classes", "", ("self.square_activation(self.square(hidden))", "mistaken.odd(self.square(hidden))")
    ),
    "factor_in_keras": in_tensorflow(
        "images", "stem_norm", "", ("BatchNormalization(epsilon=1e-5)(stem)", "BatchNormalization(epsilon=1e-5)(1.01 * stem)")
    ),
    "factor_in_pytorch": in_pytorch("images", "hidden", "", ("features.flatten(1)", "1.01 * features.flatten(1)")),
    "rolled_in_keras": in_tensorflow("places", "before", "", ("(epsilon=1e-5)(states)", "(epsilon=1e-5)(ops.roll(states, 1, axis=1))")),
}
