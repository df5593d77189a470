"""The order in which sources of unfairness become neutral: of the input pipeline, and of the step."""

from __future__ import annotations

from harness.record.fairness import SURROUNDINGS, Source

PIPELINE = (
    Source.WORKERS,
    Source.DECODER,
    Source.RESIZE,
    Source.NORMALISATION,
    Source.ORDER,
    Source.ALLOCATOR,
    Source.LIBRARY,
    Source.THREADS,
)
STEP = (
    Source.ARCHITECTURE,
    Source.FROZEN_NORM,
    Source.LOSS,
    Source.LOOP,
    Source.LAYOUT,
    Source.COMPILER,
    Source.TF32,
    Source.AUTOTUNE,
    Source.OPTIMIZER,
    Source.ALLOCATOR,
    Source.THREADS,
)
MEMORY = (Source.PREALLOCATION, *(each for each in PIPELINE if each not in SURROUNDINGS), *STEP)
