"""Model formats: the network to disk and back."""

from __future__ import annotations

from harness.phases.declaration import Phase, Schedule, Values, Watched
from harness.record.case import Workload
from harness.record.figure import Figure, Unit

OUTPUTS_DIFFERENCE = "outputs_difference"

PHASE = Phase(
    place=70,
    usual_seconds=20.0,
    title="Model formats",
    subtitle="the network to disk and back, in the page cache; medians",
    schedule=Schedule.ALONE,
    watched=Watched(Figure("load_seconds", "load", Unit.SECONDS), Values.ROUNDS),
    figures=(
        Figure("save_seconds", "save", Unit.SECONDS),
        Figure("load_seconds", "load", Unit.SECONDS),
        Figure("first_inference_seconds", "first inference", Unit.SECONDS),
        Figure("size_bytes", "size", Unit.BYTES, digits=1),
        Figure("loading_includes_building", "loading builds the network", Unit.TRUTH),
        Figure("logits_difference", "logits differ by (standard deviations)", Unit.NUMBER, digits=1),
        Figure(OUTPUTS_DIFFERENCE, "outputs differ by (standard deviations)", Unit.NUMBER, digits=1),  # of a model that has no logits
    ),
    workload=Workload.INFERENCE,
    counts_items=False,
)
