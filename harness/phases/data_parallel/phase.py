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
        Figure("exposed_exchange_seconds", "exchange that it waits for", Unit.SECONDS),
        Figure("exposed_exchange_share", "exchange, of the step", Unit.SHARE),
        Figure("exposed_exchange_share_interval", "exchange, 95% interval", Unit.NUMBER),
        Figure("exchange_alone_seconds", "exchange alone", Unit.SECONDS),
        Figure("hidden_exchange_share", "hidden behind the backward pass", Unit.SHARE),
        Figure("hidden_exchange_share_interval", "hidden, 95% interval", Unit.NUMBER),
        Figure("exchanged_bytes", "exchanged a step, each rank", Unit.BYTES),
        Figure("exchange_bytes_per_second", "bandwidth, exchange alone", Unit.BANDWIDTH),
        Figure("step_bandwidth_share", "bandwidth that the step sees, of that alone", Unit.SHARE, digits=0),
        Figure("lag_seconds", "slowest rank's lag", Unit.SECONDS),
        Figure("lag_share", "lag, of the fastest rank's step", Unit.SHARE),
        Figure("lag_share_interval", "lag, 95% interval", Unit.NUMBER),
        Figure("largest_rank_allocator_peak_bytes", "device allocator peak, largest rank", Unit.BYTES, digits=0),
        Figure("largest_rank_host_anonymous_bytes", "host memory, largest rank", Unit.BYTES, digits=0),
        DEVICE_STEP,
        FIRST_STEP,
    ),
    further=(
        *OF_EVERY_WORK,
        Figure("largest_rank_host_anonymous_bytes", "host, anonymous and shared, largest rank", Unit.BYTES),
    ),
    notes=(
        "data parallel: a batch is of all ranks together, and so are {items}/s. The exchange of the step is what it takes longer than the",
        "  same step without it; hidden is what it takes less than the exchange alone: 100%: the step waits for nothing; below 0: it",
        "  takes longer in the step than alone. Efficiency is the speed over that of one rank times their number: strong with the",
        "  batch of one rank, weak with one as many times as large.",
    ),
    ladder=ladders.STEP,
)
