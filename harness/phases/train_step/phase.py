"""Train step: one optimiser step on a batch that is already on the device."""

from __future__ import annotations

from harness.phases import ladders
from harness.phases.declaration import Phase, Schedule, Values, Watched
from harness.phases.figures import AUTOTUNE, FIRST_STEP, ITEMS_PER_SECOND, LATENCY_ROUNDS, OF_A_WATCHED_GPU, OF_EVERY_WORK, OF_THE_GPU, STEP

PHASE = Phase(
    place=20,
    usual_seconds=30.0,
    title="Train step",
    subtitle="one optimiser step, the batch already on the device",
    schedule=Schedule.IN_TURNS,
    watched=Watched(STEP, Values.ROUNDS),
    figures=(ITEMS_PER_SECOND, STEP, *OF_THE_GPU, FIRST_STEP, AUTOTUNE),
    ladder=ladders.STEP,
    arithmetic=True,
    further=(*OF_EVERY_WORK, *OF_A_WATCHED_GPU),
    least_rounds_of_one=LATENCY_ROUNDS,
)
