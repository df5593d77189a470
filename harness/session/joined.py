"""One measurement of two visits: what was measured first, and what a second visit has added to its rounds."""

from __future__ import annotations

from msgspec.structs import replace

from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round


def joined(before: Measurement, after: Measurement) -> Measurement:
    """A second visit adds rounds. All else is the first one's: its cold start was cold, its process had measured nothing else.

    A visit that failed has added nothing.
    """
    if after.outcome is not Outcome.OK:
        return before
    scale = before.steps_per_round / after.steps_per_round  # another warm-up may have found rounds of other lengths
    return replace(
        before,
        rounds=(*before.rounds, *_scaled(after.rounds, scale)),
        references={name: (*rounds, *_scaled(after.references.get(name, ()), scale)) for name, rounds in before.references.items()},
        retaken_rounds=before.retaken_rounds + after.retaken_rounds,
    )


def _scaled(rounds: tuple[Round, ...], scale: float) -> tuple[Round, ...]:
    """As they would be with `scale` times as many steps."""
    return tuple(
        replace(
            each,
            seconds=each.seconds * scale,
            cpu_seconds=each.cpu_seconds * scale,
            device_seconds=None if each.device_seconds is None else each.device_seconds * scale,
        )
        for each in rounds
    )
