"""Faults of normalisation, of each entry of the catalogue in each framework's file."""

from __future__ import annotations

from tests.examined.plant import in_pytorch, in_tensorflow

PLANTS = {
    "epsilon_in_keras": in_tensorflow(
        "images", "stem_norm", "epsilon", ("BatchNormalization(epsilon=1e-5)(stem)", "BatchNormalization()(stem)")
    ),
    "epsilon_of_every_norm_in_keras": in_tensorflow("images", "stem_norm", "epsilon", ("epsilon=1e-5", "epsilon=1.001e-5")),
    "epsilon_in_pytorch": in_pytorch(
        "images", "narrow_norm", "epsilon", ("narrow_norm = nn.BatchNorm2d(8)", "narrow_norm = nn.BatchNorm2d(8, 1e-3)")
    ),
    "epsilon_of_a_layer_norm_in_keras": in_tensorflow("places", "behind", "epsilon", ("epsilon=1e-6", "epsilon=1e-12")),
    "epsilon_of_a_layer_norm_in_pytorch": in_pytorch("places", "behind", "epsilon", (", eps=1e-6", "")),
    "epsilon_of_groups_in_keras": in_tensorflow(
        "places", "grouped", "epsilon", ("GroupNormalization(4, epsilon=1e-5)", "GroupNormalization(4)")
    ),
    "epsilon_of_nested_norms_in_keras": in_tensorflow("nested", "stem.1", "epsilon", ("epsilon=1e-5", "epsilon=1e-3")),
    "frozen_norm_in_keras": in_tensorflow(
        "nested",
        "stages.0.norm",
        "frozen_norm",
        ("self.norm(self.twice(features), training=training)", "self.norm(self.twice(features), training=True)"),
    ),
    "frozen_norm_in_pytorch": in_pytorch(
        "images",
        "narrow_norm",
        "frozen_norm",
        ("self.narrow_norm(self.narrow(features))", "mistaken.of_the_batch(self.narrow_norm, self.narrow(features))"),
    ),
    "scale_in_keras": in_tensorflow(
        "images", "stem_norm", "norm_affine", ("Normalization(epsilon=1e-5)(stem)", "Normalization(epsilon=1e-5, scale=False)(stem)")
    ),
    "shift_in_keras": in_tensorflow("places", "behind", "norm_affine", ("epsilon=1e-6", "epsilon=1e-6, center=False")),
    "one_more_in_keras": in_tensorflow(
        "places", "before", "norm_affine", ("layers.LayerNormalization(epsilon=1e-5)(states)", "mistaken.OneMore(epsilon=1e-5)(states)")
    ),
    "one_more_in_pytorch": in_pytorch("places", "before", "norm_affine", ("self.before(states)", "mistaken.one_more(self.before, states)")),
    "axis_in_keras": in_tensorflow(
        "places", "before", "norm_axis", ("LayerNormalization(epsilon=1e-5)", "LayerNormalization(epsilon=1e-5, axis=1)")
    ),
    "axis_in_pytorch": in_pytorch(
        "places", "before", "norm_axis", ("self.before(states)", "self.before(states.transpose(1, 2)).transpose(1, 2)")
    ),
    "groups_in_keras": in_tensorflow("places", "grouped", "norm_axis", ("GroupNormalization(4, ", "GroupNormalization(8, ")),
    "groups_in_pytorch": in_pytorch("places", "grouped", "norm_axis", ("nn.GroupNorm(4, 16)", "nn.GroupNorm(2, 16)")),
    "deviation_in_keras": in_tensorflow(
        "places",
        "before",
        "norm_deviation",
        ("layers.LayerNormalization(epsilon=1e-5)(states)", "mistaken.Deviation(epsilon=1e-5)(states)"),
    ),
    "deviation_in_pytorch": in_pytorch(
        "places", "before", "norm_deviation", ("self.before(states)", "mistaken.deviation(self.before, states)")
    ),
    "norm_missing_in_keras": in_tensorflow(
        "places",
        "behind",
        "norm_missing",
        ("layers.LayerNormalization(epsilon=1e-6)(states + layers.Dense(16)(inner))", "states + layers.Dense(16)(inner)"),
    ),
    "batch_norm_missing_in_keras": in_tensorflow(
        "images", "stem_norm", "norm_missing", ("(layers.BatchNormalization(epsilon=1e-5)(stem))", "(stem)")
    ),
    "norm_missing_in_pytorch": in_pytorch(
        "places",
        "compared",
        "norm_missing",
        ("        self.behind = nn.LayerNorm(16, eps=1e-6)\n", ""),
        ("self.behind(states + inner)", "states + inner"),
    ),
}
