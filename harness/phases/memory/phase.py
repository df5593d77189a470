"""Memory: the peak of a few steps fed by their own input pipeline, in a fresh process."""

from __future__ import annotations

from harness.phases import ladders
from harness.phases.declaration import Answer, Compared, Phase, Schedule, Values, Watched
from harness.phases.figures import FURTHER_METERS, METERS
from harness.record.figure import Figure, Unit

PHASE = Phase(
    place=40,
    usual_seconds=25.0,
    title="Memory",
    subtitle="peak of five steps, fed by their pipeline where the model has one, in a fresh process",
    schedule=Schedule.APART,
    watched=Watched(Figure("watched_bytes", "peak", Unit.BYTES), Values.METER, worse="larger", better="smaller"),
    compared=Compared.METER,
    figures=METERS,
    further=FURTHER_METERS,
    answers=frozenset({Answer.PEAK}),
    ladder=ladders.MEMORY,
    fed=True,
)
