"""Scaling of the input pipelines: images/s by the number of workers."""

from __future__ import annotations

from harness.phases.declaration import Phase, Schedule, Values, Watched
from harness.phases.figures import (
    CPU_SECONDS_PER_ITEM,
    FIRST_BATCH,
    ITEMS_PER_SECOND,
    OF_EVERY_WORK,
    SHARE_OF_LIMIT,
    SHARE_OF_LIMIT_ALONE,
    STEP,
)
from harness.record.case import Workload
from harness.record.figure import Figure, Unit

PHASE = Phase(
    place=90,
    usual_seconds=120.0,
    title="Pipeline scaling",
    subtitle="JPEG files to training batches with a worker on each core; fewer workers stand apart",
    schedule=Schedule.IN_TURNS,
    watched=Watched(STEP, Values.ROUNDS),
    figures=(
        ITEMS_PER_SECOND,
        SHARE_OF_LIMIT,
        CPU_SECONDS_PER_ITEM,
        Figure("grows_up_to_workers", "grows up to (workers)", Unit.COUNT),
        FIRST_BATCH,
    ),
    further=(SHARE_OF_LIMIT_ALONE, *OF_EVERY_WORK),
    workload=Workload.LOADING,
    fresh_workers=True,
    fed=True,
    needs_corpus=True,
)
