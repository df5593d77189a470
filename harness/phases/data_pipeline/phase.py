"""Data pipeline: JPEG files of the corpus to training batches."""

from __future__ import annotations

from harness.phases import ladders
from harness.phases.declaration import Answer, Phase, Schedule, Values, Watched
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
from harness.record.figure import Figure, Together, Unit

CONSUMERS = (200, 800, 3200)  # items/s: about a convolutional network's training on a small GPU, a large one, one of a datacentre

PHASE = Phase(
    place=10,
    usual_seconds=40.0,
    title="Data pipeline",
    subtitle="JPEG files to training batches, in steady state",
    schedule=Schedule.IN_TURNS,
    watched=Watched(STEP, Values.ROUNDS),
    figures=(
        ITEMS_PER_SECOND,
        SHARE_OF_LIMIT,
        CPU_SECONDS_PER_ITEM,
        FIRST_BATCH,
        Figure("restart_seconds", "restart", Unit.SECONDS),
        Together(
            f"busy at {' | '.join(map(str, CONSUMERS))} images/s",
            tuple(
                Figure(f"accelerator_utilisation_at_{speed}_images_per_second", f"busy at {speed:,} images/s", Unit.SHARE, digits=0)
                for speed in CONSUMERS
            ),
        ),
        Figure("pipeline_anonymous_bytes", "memory without file pages", Unit.BYTES, digits=0),
        Figure("pipeline_bytes", "memory", Unit.BYTES, digits=0),  # of runs that did not tell file pages apart
        Figure("pixel_difference_max", "pixels off by", Unit.NUMBER, digits=1, absent="its own range"),
    ),
    further=(
        SHARE_OF_LIMIT_ALONE,
        *OF_EVERY_WORK,
        Figure("pixel_difference_mean", "pixels off by, on average", Unit.NUMBER),
        Figure("host_tree_before_anonymous_bytes", "host before the pipeline, anonymous and shared", Unit.BYTES),
        Figure("host_tree_anonymous_bytes", "host, its buffers full, anonymous and shared", Unit.BYTES),
        Figure("host_tree_before_bytes", "host before the pipeline, with children", Unit.BYTES),  # of such runs too, file pages included
        Figure("host_tree_bytes", "host, its buffers full, with children", Unit.BYTES),
    ),
    answers=frozenset({Answer.WAYS}),
    workload=Workload.LOADING,
    ladder=ladders.PIPELINE,
    fresh_workers=True,
    fed=True,
    needs_corpus=True,
)
