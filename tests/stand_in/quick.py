"""Rounds, pauses and the corpus of a stand-in's worker are small: it is for what becomes of figures, not for figures."""

from __future__ import annotations

import functools
import math

from fixtures.corpora import flowers
from fixtures.corpora.flowers import ImagesPerClass
from harness.worker.meters import cpu
from harness.worker.timing import rounds

rounds.ROUND_SECONDS = rounds.WINDOW_SECONDS = 0.005
cpu.IDLE_WINDOW_SECONDS, cpu.IDLE_SHARE = 0.001, math.inf
flowers.generated = functools.partial(flowers.generated, images_per_class=ImagesPerClass(1, 1, 1))
