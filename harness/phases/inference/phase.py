"""Inference: one forward pass on a batch that is already on the device."""

from __future__ import annotations

from harness.phases.declaration import Answer, Phase, Schedule, Values, Watched
from harness.phases.figures import (
    AUTOTUNE,
    FIRST_STEP,
    ITEMS_PER_SECOND_OF_A_BATCH,
    LATENCY_ROUNDS,
    OF_A_WATCHED_GPU,
    OF_EVERY_WORK,
    OF_THE_GPU,
    PERCENTILES,
    STEP,
    STEP_OF_A_BATCH,
)
from harness.record.case import Workload

PHASE = Phase(
    place=30,
    usual_seconds=30.0,
    title="Inference",
    subtitle="one forward pass, the batch already on the device",
    schedule=Schedule.IN_TURNS,
    watched=Watched(STEP, Values.ROUNDS),
    figures=(ITEMS_PER_SECOND_OF_A_BATCH, STEP_OF_A_BATCH, *PERCENTILES, *OF_THE_GPU, FIRST_STEP, AUTOTUNE),
    workload=Workload.INFERENCE,
    arithmetic=True,
    further=(*OF_EVERY_WORK, *OF_A_WATCHED_GPU),
    answers=frozenset({Answer.LATENCY}),
    least_rounds_of_one=LATENCY_ROUNDS,
)
