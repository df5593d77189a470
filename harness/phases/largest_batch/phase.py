"""Largest batch: what fits on the GPU, and how fast the steps are there."""

from __future__ import annotations

from harness.phases.declaration import Compared, Phase, Schedule, Values, Watched
from harness.phases.figures import FURTHER_METERS, ITEMS_PER_SECOND, METERS
from harness.record.figure import NOTHING, Figure, Unit

PHASE = Phase(
    place=50,
    usual_seconds=300.0,
    title="Largest batch",
    subtitle="what fits on the GPU, each size tried in a fresh process",
    schedule=Schedule.SEARCH,
    watched=Watched(Figure("seconds_per_{item}", "time for one {item} at the largest batch", Unit.SECONDS), Values.ROUNDS_AN_ITEM),
    compared=Compared.ROOM,
    figures=(
        Figure("largest_batch_size", "largest batch", Unit.COUNT),
        Figure("smallest_out_of_memory_batch_size", "out of memory at", Unit.COUNT, absent=NOTHING),
        Figure(ITEMS_PER_SECOND.name, f"{ITEMS_PER_SECOND.title} there", ITEMS_PER_SECOND.unit),
        *METERS,
    ),
    further=FURTHER_METERS,
    notes=("largest batch: the ratio is of the room that one {item} takes, the interval what the search left open.",),
)
