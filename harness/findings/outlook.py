"""What an undecided comparison would take to be decided, by what its turns have shown so far."""

from __future__ import annotations

import math
import statistics

import msgspec

from harness.findings import sequence
from harness.findings.ratio import CONFIDENCE, MIN_TURNS, PROCESS_SPREAD, turns
from harness.record.measurement import Measurement

MOST_TURNS = 1 << 20  # further ahead nobody looks


class Outlook(msgspec.Struct, frozen=True):
    """Of one comparison: the logarithms of its turns' ratios."""

    turns: int
    turn_seconds: float  # of all sides
    deviation: float  # of one turn
    distance: float  # of the mean from the nearer border between two answers

    def half_width(self, further_seconds: float) -> float:
        """Expected of the interval after so many seconds of further turns."""
        return self._half_width(self.turns + int(further_seconds / self.turn_seconds))

    @property
    def seconds_to_answer(self) -> float:
        """Of further turns, expected: none where there is an answer, and without end where the mean lies on the border."""
        least, most = self.turns, MOST_TURNS
        if self._half_width(least) <= self.distance:
            return 0.0
        if self._half_width(most) > self.distance:
            return math.inf
        while most - least > 1:
            middle = (least + most) // 2
            least, most = (least, middle) if self._half_width(middle) <= self.distance else (middle, most)
        return (most - self.turns) * self.turn_seconds

    def _half_width(self, turns: int) -> float:
        return sequence.deviations(turns, CONFIDENCE) * self.deviation


def outlook(reference: Measurement, other: Measurement) -> Outlook | None:
    """None with too few turns that both measured undisturbed: nothing is known of them."""
    ours, theirs = turns(reference), turns(other)
    shared = sorted(ours.keys() & theirs.keys())
    if len(shared) < MIN_TURNS:
        return None
    logs = [math.log(ours[turn] / theirs[turn]) for turn in shared]
    spent_seconds = sum(each.seconds for side in (reference, other) for each in side.rounds)
    return Outlook(
        turns=len(shared),
        turn_seconds=spent_seconds / len(shared),
        deviation=statistics.stdev(logs),
        distance=abs(abs(statistics.fmean(logs)) - math.log1p(PROCESS_SPREAD)),
    )
