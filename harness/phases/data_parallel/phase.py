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
        Figure("exposed_exchange_share_interval", "exchange, 95% interval", Unit.NUMBER),
        Figure("exchange_alone_seconds", "exchange alone", Unit.SECONDS),
        Figure("hidden_exchange_share", "hidden behind the backward pass", Unit.SHARE),
        Figure("hidden_exchange_share_interval", "hidden, 95% interval", Unit.NUMBER),
        Figure("exchanged_bytes", "exchanged a step, each rank", Unit.BYTES),
        Figure("exchange_bytes_per_second", "bandwidth, exchange alone", Unit.BANDWIDTH),
        Figure("step_bandwidth_share", "bandwidth in the step, of that alone", Unit.SHARE, digits=0),
        Figure("lag_seconds", "slowest rank's lag", Unit.SECONDS),
        Figure("largest_rank_allocator_peak_bytes", "device allocator peak, largest rank", Unit.BYTES, digits=0),
        Figure("largest_rank_host_anonymous_bytes", "host memory, largest rank", Unit.BYTES, digits=0),
        DEVICE_STEP,
        FIRST_STEP,
    ),
    further=(
        *OF_EVERY_WORK,
        Figure("exposed_exchange_seconds", "exchange that the step waits for", Unit.SECONDS),
        Figure("lag_share", "slowest rank's lag, of the fastest rank's step", Unit.SHARE),
        Figure("largest_rank_host_anonymous_bytes", "host, anonymous and shared, largest rank", Unit.BYTES),
    ),
    notes=(
        "data parallel: several processes, called ranks, train one network. Batch sizes and {items}/s are of all of them together.",
        "  The exchange of gradients, of the step, is the share of the step that the same step without it does not take. What is hidden of",
        "  it runs beside the backward pass, so that the step does not wait for it: at 100% it costs nothing; below 0 it takes longer in",
        "  the step than alone.",
    ),
    ladder=ladders.STEP,
)
