"""The ratio of two sides of a comparison, its interval, and the winner if there is one."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from harness.findings import sequence
from harness.findings.comparison import phase_of
from harness.phases.declaration import Compared
from harness.record.case import Case
from harness.record.measurement import LIMIT, Measurement
from harness.record.round import Round

CONFIDENCE = 0.95
MIN_TURNS = 3
DEVICE_METER = "allocator_peak_bytes"
HOST_METER = "host_anonymous_bytes"  # what the kernel could not take back: file pages come and go, and differ from machine to machine
OLDER_HOST_METER = "host_with_children_bytes"  # of runs that did not tell file pages apart
COMPARED_METERS = (DEVICE_METER, HOST_METER, OLDER_HOST_METER)
PROCESS_SPREAD = 0.02  # another process of the same code differs by about so much: less is not called a difference


class Answer(StrEnum):
    """To the question of a comparison: who is ahead?"""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"  # both are within PROCESS_SPREAD of one another
    OPEN = "open"  # the interval holds more than one of these


class Ratio(msgspec.Struct, frozen=True):
    """What it costs the first side over what it costs the second. Below 1 the first is better."""

    estimate: float
    low: float
    high: float

    @property
    def factor(self) -> float:
        """By how much the better side is ahead: 1 or more."""
        return max(self.estimate, 1 / self.estimate)

    @property
    def interval(self) -> str:
        return f"{in_digits(self.low)} – {in_digits(self.high)}" if self.low < self.high else "one run"

    @property
    def answer(self) -> Answer:
        """The one that the whole interval allows. Two processes of the same code are as far from 1 as PROCESS_SPREAD."""
        least, most = 1 / (1 + PROCESS_SPREAD), 1 + PROCESS_SPREAD
        if self.high < least:
            return Answer.FIRST
        if self.low > most:
            return Answer.SECOND
        return Answer.NEITHER if least <= self.low and self.high <= most else Answer.OPEN

    @property
    def shows_difference(self) -> bool:
        return self.answer in (Answer.FIRST, Answer.SECOND)


def in_digits(factor: float) -> str:
    """Two decimals, which most ratios need; two digits where these would be none; no decimals where nobody reads them."""
    if factor >= 100:
        return f"{factor:,.0f}"
    return f"{factor:.2f}" if factor >= 0.1 else f"{factor:.2g}"


def ratio(first: Measurement, second: Measurement) -> Ratio | None:
    """By what their phase compares its sides by. From turns: what drifts from turn to turn cancels within one.

    One reading each has no width. None with too few turns that both sides measured undisturbed, or where a side has no reading.
    """
    match compared_by(first.case):
        case Compared.METER:
            return _of_meters(first, second)
        case Compared.ROOM:
            return _of_largest_batches(first, second)
        case Compared.TURNS:
            ours, theirs = turns(first), turns(second)
            shared = sorted(ours.keys() & theirs.keys())
            return ratio_of([ours[turn] for turn in shared], [theirs[turn] for turn in shared])


def compared_by(case: Case) -> Compared:
    """Of a phase that this suite has not, or no longer: by turns."""
    phase = phase_of(case)
    return phase.compared if phase else Compared.TURNS


def limit_share(measurement: Measurement) -> Ratio | None:
    """Share of the machine's limit that the rounds reached: time at the limit over theirs, from the turns of both. 1 is the limit."""
    if LIMIT not in measurement.references:
        return None
    return ratio_of(*shared_turns(measurement, measurement.references[LIMIT], measurement.rounds))


def single(ours: float, theirs: float) -> Ratio:
    """Of one value each: an interval of no width."""
    return Ratio(*[ours / theirs] * 3)


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> Ratio | None:
    """Of two series taken in turns; None where they are too short.

    The interval is of the logarithms of the turns' ratios; it covers this run's two processes, not another run's.
    """
    logs = mean_interval([math.log(mine / other) for mine, other in zip(ours, theirs, strict=True)])
    return Ratio(*map(math.exp, logs)) if logs else None


def mean_interval(values: Sequence[float]) -> tuple[float, float, float] | None:
    """Mean of one value a turn, and its interval; None where they are too few.

    It holds whenever the session stopped taking turns, as it does once the answer is there (`findings.sequence`).
    """
    if len(values) < MIN_TURNS:
        return None
    centre, reach = statistics.fmean(values), sequence.half_width(values, CONFIDENCE)
    return centre, centre - reach, centre + reach


def _of_meters(first: Measurement, second: Measurement) -> Ratio | None:
    meter = compared_meter((first, second))
    ours, theirs = first.bytes_read(meter), second.bytes_read(meter)
    return single(ours, theirs) if ours and theirs else None


def compared_meter(sides: Sequence[Measurement]) -> str:
    """The first of COMPARED_METERS that all sides could read: on a GPU the device's, where their allocators tell it."""
    can_read = [{reading.name for reading in side.readings if reading.value_bytes} for side in sides]
    return next((meter for meter in COMPARED_METERS if all(meter in names for names in can_read)), HOST_METER)


def _of_largest_batches(first: Measurement, second: Measurement) -> Ratio:
    """Of the room that an image takes. Each side's largest batch is only known to lie below the one that was out of memory."""
    ours, theirs = first.batch_size, second.batch_size
    our_end, their_end = (side.figures.get("smallest_out_of_memory_batch_size", side.batch_size) for side in (first, second))
    return Ratio(theirs / ours, theirs / our_end, their_end / ours)


def turns(measurement: Measurement) -> dict[int, float]:
    """What is compared, by turn: the block's median seconds a step.

    Disturbed and throttled rounds are left out: other processes' load slows the frameworks unequally, and so does a GPU's heat.
    """
    blocks: dict[int, list[float]] = {}
    for round_, seconds in zip(measurement.rounds, measurement.step_seconds, strict=True):
        if round_.sound:
            blocks.setdefault(round_.block, []).append(seconds)
    return {block: statistics.median(values) for block, values in blocks.items()}


def shared_turns(measurement: Measurement, *works: Sequence[Round]) -> list[list[float]]:
    """Of each of these works of a measurement its `turns`, in those that all of them have. works: rounds of as many steps as its own."""
    by_turn = [turns(msgspec.structs.replace(measurement, rounds=tuple(rounds))) for rounds in works]
    shared = sorted(set.intersection(*(set(each) for each in by_turn)))
    return [[each[turn] for turn in shared] for each in by_turn]
