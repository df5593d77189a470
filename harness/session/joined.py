"""One measurement of two visits: what was measured first, and what a second visit has added to its rounds."""

from __future__ import annotations

from msgspec.structs import replace

from harness.record.measurement import Measurement
from harness.record.outcome import Outcome


def joined(before: Measurement, after: Measurement) -> Measurement:
    """A second visit adds rounds. All else is the first one's: its cold start was cold, its process had measured nothing else.

    A visit that failed has added nothing.
    """
    if after.outcome is not Outcome.OK:
        return before
    scale = before.steps_per_round / after.steps_per_round  # another warm-up may have found rounds of other lengths
    return replace(
        before,
        rounds=(*before.rounds, *(each.scaled(scale) for each in after.rounds)),
        references={
            name: (*rounds, *(each.scaled(scale) for each in after.references.get(name, ()))) for name, rounds in before.references.items()
        },
        retaken_rounds=before.retaken_rounds + after.retaken_rounds,
    )
