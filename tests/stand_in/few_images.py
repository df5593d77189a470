"""The corpus of a stand-in's worker has an image a class: it is drawn, and looked through by each worker, in a tenth of the time."""

from __future__ import annotations

import functools
import sys

from fixtures.corpora import flowers
from fixtures.corpora.flowers import ImagesPerClass

if "pytest" not in sys.modules:  # in a worker alone: a test that imports a stand-in for itself has the corpus as it is
    flowers.generated = functools.partial(flowers.generated, images_per_class=ImagesPerClass(1, 1, 1))
