"""End to end: steps fed by their input pipeline, beside the loader alone and the step alone."""

from __future__ import annotations

from harness.phases.declaration import Phase, Schedule, Values, Watched
from harness.phases.figures import FIRST_STEP, ITEMS_PER_SECOND, LATENCY_ROUNDS, OF_EVERY_WORK, STEP
from harness.record.figure import Figure, Unit

PHASE = Phase(
    place=80,
    usual_seconds=60.0,
    title="End to end",
    subtitle="steps fed by their pipeline, beside the loader alone and the step alone",
    schedule=Schedule.IN_TURNS,
    watched=Watched(STEP, Values.ROUNDS),
    figures=(
        Figure(ITEMS_PER_SECOND.name, f"together, {ITEMS_PER_SECOND.title}", ITEMS_PER_SECOND.unit),
        Figure("loader_alone_{items}_per_second", f"loader alone, {ITEMS_PER_SECOND.title}", Unit.RATE),
        Figure("step_alone_{items}_per_second", f"step alone, {ITEMS_PER_SECOND.title}", Unit.RATE),
        Figure("bound", "verdict", Unit.NUMBER),
        Figure("lost_share_interval", "lost to loading, 95% interval", Unit.NUMBER),
        Figure("overlap", "overlap", Unit.NUMBER),
        Figure("overlap_interval", "overlap, 95% interval", Unit.NUMBER),
        Figure("wait_share", "waiting in the pipeline", Unit.SHARE),
        FIRST_STEP,
    ),
    further=(
        *OF_EVERY_WORK,
        Figure("lost_share", "lost to loading", Unit.SHARE),
        Figure("overlap", "overlap", Unit.SHARE),
        Figure("loader_alone_seconds_per_step", "loader alone", Unit.SECONDS),
        Figure("step_alone_seconds_per_step", "step alone", Unit.SECONDS),
    ),
    notes=(
        "end to end: lost to loading is the share of the time that the same step alone would not take.",
        "  Overlap 1: the shorter of loader and step is hidden entirely; 0: one after the other; below 0: they disturb one another.",
    ),
    fed=True,
    needs_corpus=True,
    least_rounds_of_one=LATENCY_ROUNDS,
)
