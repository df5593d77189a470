"""The weights that frameworks are started from in these tests. Needs no framework."""

from __future__ import annotations

from pathlib import Path

from fixtures.corpora import CLASSES
from fixtures.models.resnet50 import reference, weights
from fixtures.models.weights import Weights, kept
from tests.frameworks.computed import EXPERIMENT, smooth_images


def weights_of_resnet50(folder: Path) -> str:
    """ResNet50's own seeded ones, calibrated on small images as the tests have them. Gives the file."""

    def made() -> Weights:
        seeded = weights.seeded_backbone(EXPERIMENT.seed) | weights.seeded_head(EXPERIMENT.seed, EXPERIMENT.head.hidden_units, CLASSES)
        return reference.calibrated(seeded, smooth_images(8, seed=0))

    return kept(folder, "resnet50", made).path
