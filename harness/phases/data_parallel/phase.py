"""Data-parallel training: one optimiser step of several ranks, each with its part of the batch."""

from __future__ import annotations

from harness.phases import ladders
from harness.phases.declaration import Phase, Schedule, Values, Watched
from harness.phases.figures import DEVICE_STEP, FIRST_STEP, ITEMS_PER_SECOND, OF_EVERY_WORK, STEP
from harness.record.figure import Figure, Unit

PHASE = Phase(
    place=25,
    usual_seconds=60.0,
    title="Data parallel",
    subtitle="one optimiser step of several ranks, each with its part of the batch on its device",
    schedule=Schedule.RANKS,
    watched=Watched(STEP, Values.ROUNDS),
    figures=(
        ITEMS_PER_SECOND,
        STEP,
        Figure("step_without_exchange_seconds", "step without exchange", Unit.SECONDS),
        Figure("exposed_exchange_share", "exchange, of the step", Unit.SHARE),
        Figure("exchange_alone_seconds", "exchange alone", Unit.SECONDS),
        Figure("exchange_overlap_share", "hidden behind the backward pass", Unit.SHARE),
        Figure("exchanged_bytes", "exchanged a step, each rank", Unit.BYTES),
        Figure("exchange_bytes_per_second", "bandwidth, exchange alone", Unit.BYTES),
        Figure("lag_seconds", "slowest rank's lag", Unit.SECONDS),
        DEVICE_STEP,
        FIRST_STEP,
    ),
    further=OF_EVERY_WORK,
    ladder=ladders.STEP,
)
