"""How far a pipeline's images are from the exact ones."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from fixtures.corpora.images import BatchReader
from harness.frameworks.contract import Setup

IMAGES = 8  # of a batch that are compared


class Likeness(msgspec.Struct, frozen=True):
    """Differences in normalised units: a grey level is 0.017."""

    largest: float
    mean: float

    @classmethod
    def of(cls, images: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], setup: Setup) -> Likeness:
        """images: (batch, height, width, 3). A pipeline has its own order: each image is compared with the nearest of its class."""
        files = setup.training_files()
        reader = BatchReader(files.paths, setup.image_size)
        found = []
        for image, label in zip(images[:IMAGES], labels[:IMAGES], strict=True):
            exact = reader.read([index for index, each in enumerate(files.labels) if each == label])
            found.append(min(np.abs(exact - image), key=np.mean))
        return cls(float(np.max([each.max() for each in found])), float(np.mean([each.mean() for each in found])))
