"""Rounds, pauses and the corpus of a stand-in's worker are small: it is for what becomes of figures, not for figures."""

from __future__ import annotations

import math
import sys

from harness.phases.data_pipeline import bench as loading
from harness.worker.meters import cpu
from harness.worker.timing import rounds
from tests.stand_in import few_images as few_images

if "pytest" not in sys.modules:  # in a worker alone
    rounds.ROUND_SECONDS = rounds.WINDOW_SECONDS = 0.005
    cpu.IDLE_WINDOW_SECONDS, cpu.IDLE_SHARE = 0.001, math.inf
    loading.CONSUMER_SECONDS = 0.05  # of three speeds, for each side: most of what a session of stand-ins would wait
