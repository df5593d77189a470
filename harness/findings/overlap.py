"""Whether a step fed by its pipeline waits for it: from the loader alone, the step alone, and both together, taken in turns."""

from __future__ import annotations

import statistics
from enum import StrEnum

import msgspec

from harness.findings.ratio import PROCESS_SPREAD, Ratio, mean_interval, ratio_of, shared_turns
from harness.record.measurement import LOADER, STEP, Measurement
from harness.record.round import mostly_disturbed

PASSING_LOSS = 0.1  # an accelerator utilisation of 90 % passes for image classification in MLPerf Storage


class Bound(StrEnum):
    """What decides how long a fed step takes."""

    COMPUTE = "compute-bound"  # no loss is shown, and one of over a tenth of the time is ruled out
    LOADER = "loader-bound"  # slower than the step alone, and the loader alone takes no less than that: the step waits for its batch
    LOADING = "slowed by loading"  # slower although the loader is fast enough: it takes the step's cores or its thread, and copies batches
    SLOWER = "slower"  # than the step alone, but the loader and the step alone take too nearly the same to say which of the two it is
    UNTOLD = "cannot be told"  # the interval holds both no loss and a large one


class Overlap(msgspec.Struct, frozen=True):
    """Share of the shorter one's time that the longer one hides.

    1: all of it, 0: one after the other, below 0: they disturb one another.
    """

    estimate: float
    low: float
    high: float

    @property
    def is_shown(self) -> bool:
        """The interval tells side by side from one after the other."""
        return self.low > 0 or self.high < 1


class Verdict(msgspec.Struct, frozen=True):
    bound: Bound
    slowdown: Ratio  # time a fed step over that of the step alone
    overlap: Overlap

    @property
    def is_slower(self) -> bool:
        """Than the step alone, by more than two processes of the same code differ."""
        return self.bound in (Bound.LOADER, Bound.LOADING, Bound.SLOWER)

    @property
    def lost_share(self) -> float:
        """Of the time, to loading: what the compute could do more."""
        return 1 - 1 / self.slowdown.estimate

    @property
    def lost_share_interval(self) -> tuple[float, float]:
        return 1 - 1 / self.slowdown.low, 1 - 1 / self.slowdown.high


def verdict(measurement: Measurement) -> Verdict | None:
    """From the turns in which all three were measured undisturbed; None where they are too few."""
    alone = [measurement.references.get(name, ()) for name in (LOADER, STEP)]
    loader, step, together = shared_turns(measurement, *alone, measurement.rounds)
    slowdown, balance = ratio_of(together, step), ratio_of(loader, step)
    hidden = mean_interval([(ours + theirs - both) / min(ours, theirs) for ours, theirs, both in zip(loader, step, together, strict=True)])
    if slowdown is None or balance is None or hidden is None:
        return None
    return Verdict(_bound(slowdown, balance), slowdown, Overlap(*hidden))


def with_figures(measurement: Measurement) -> Measurement:
    """With the overlap among its figures, or the reason why there is none. One without these references stays as it is."""
    if not measurement.references.keys() >= {LOADER, STEP}:
        return measurement
    found, steps = verdict(measurement), measurement.steps_per_round
    figures = {
        f"{name}_alone_seconds_per_step": statistics.median(round_.seconds for round_ in measurement.references[name]) / steps
        for name in (LOADER, STEP)
    }
    derived = {"overlap": found.overlap.estimate, "lost_share": found.lost_share} if found else {}
    reason = "disturbed" if any(map(mostly_disturbed, (measurement.rounds, *measurement.references.values()))) else "too few turns"
    return msgspec.structs.replace(
        measurement,
        figures=measurement.figures | figures | derived,
        missing=measurement.missing | ({} if found else dict.fromkeys(("overlap", "lost_share"), reason)),
    )


def overlap_words(measurement: Measurement) -> dict[str, str]:
    """What decides how long a fed step takes, and its intervals, by the figures' names; nothing where there are no such references."""
    if not measurement.references.keys() >= {LOADER, STEP}:
        return {}
    found = verdict(measurement)
    if found is None or measurement.disturbed:
        reason = measurement.missing.get("overlap", "disturbed")
        return {"bound": f"not called: {reason}"} | ({"overlap": "cannot be told"} if found else {})
    (least, most), hidden = found.lost_share_interval, found.overlap
    return {
        "bound": f"{found.bound} by {found.lost_share:.0%}" if found.is_slower else found.bound,
        "lost_share_interval": f"{100 * least:.1f} – {most:.1%}",
        "overlap": f"{hidden.estimate:.2f}" if hidden.is_shown else "cannot be told",
        "overlap_interval": f"{hidden.low:.2f} – {hidden.high:.2f}",
    }


def _bound(slowdown: Ratio, balance: Ratio) -> Bound:
    """balance: time of the loader alone over that of the step alone."""
    if slowdown.low > 1 + PROCESS_SPREAD:
        return Bound.LOADER if balance.low >= 1 else Bound.LOADING if balance.high < 1 else Bound.SLOWER
    return Bound.COMPUTE if slowdown.high <= 1 / (1 - PASSING_LOSS) else Bound.UNTOLD
