"""What there is to know of a phase without a framework: in each phase's `phase.py`, as PHASE."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from harness.record.case import Case, Style, Workload
from harness.record.fairness import Source
from harness.record.figure import Figure, Together


class Schedule(StrEnum):
    """When the sides of a comparison are measured; a module each in `harness/session/schedules`."""

    IN_TURNS = "in_turns"  # block by block, A B, B A, A B, …
    APART = "apart"  # one after the other, no other worker beside it: a peak is to be its own
    ALONE = "alone"  # one after the other: it has no partner to take turns with
    SEARCH = "search"  # a batch size after the other
    JOB = "job"  # epoch by epoch in turns
    RANKS = "ranks"  # block by block in turns, each side several processes


# In these each side has a worker to itself, which has done nothing before.
OWN_WORKERS = frozenset({Schedule.APART, Schedule.SEARCH, Schedule.JOB, Schedule.RANKS})


class Answer(StrEnum):
    """A question beyond its own table that a phase answers."""

    LATENCY = "latency"  # the report's, by cases of a single item
    PEAK = "peak"  # the report's memory
    WAYS = "ways"  # which way of loading is the best


class Values(StrEnum):
    """Which of a measurement's values are watched."""

    ROUNDS = "rounds"  # seconds a step, of each round
    ROUNDS_AN_ITEM = "rounds_an_item"  # the same over the batch size, which differs from run to run
    METER = "meter"  # bytes, of the device's meter where it could be read, else of the host's


class Watched(msgspec.Struct, frozen=True):
    """The one quantity by which a case of the phase is watched across commits: by the gate, and on the nightly page."""

    figure: Figure
    values: Values
    higher_is_better: bool = False
    worse: str = "slower"
    better: str = "faster"


class Compared(StrEnum):
    """By what the sides of a comparison are compared with one another. Below 1 the first is better; the value says how."""

    TURNS = "faster"  # seconds a step in the turns that both have
    METER = "lighter"  # bytes of a meter that both could read
    ROOM = "larger"  # the room on the device that an item takes, from the largest batches that fit


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    place: int  # among the others, in tables and on pages
    usual_seconds: float  # of a comparison of the default model on two cores, as seen: what a plan is made of where nothing else is known
    title: str
    subtitle: str  # what is measured, in a line that goes on behind the title
    schedule: Schedule
    watched: Watched
    compared: Compared = Compared.TURNS
    figures: tuple[Figure | Together, ...]  # what tables show, in this order; the first ones first
    further: tuple[Figure, ...] = ()  # what its measurements have beside them, or what needs other words where no table stands around it
    answers: frozenset[Answer] = frozenset()
    notes: tuple[str, ...] = ()  # how its figures are to be read, in the terminal
    workload: Workload | None = None  # the only one that it has: then neither ids nor titles say it
    ladder: tuple[Source, ...] = ()  # the order in which its sources of unfairness become neutral, on the way from `stock` to `matched`
    fresh_workers: bool = False  # of sides in turns: their workers have done nothing before
    fed: bool = False  # its work has an input pipeline
    needs_corpus: bool = False  # it is about files: models whose inputs are no corpus' images have no cases of it
    needs_classes: bool = False  # it counts what is recognised: the loss is the cross-entropy
    arithmetic: bool = False  # its steps are a model's arithmetic and nothing else: a share of the chip's peak can be told
    counts_items: bool = True  # items pass through its steps, so many a second
    least_rounds_of_one: int = 0  # of a single item: with fewer the slowest ones would not show

    @property
    def whole_job(self) -> bool:
        """Its experiment is the jobs' one, and a part of the training images is held back."""
        return self.schedule is Schedule.JOB

    def neutral(self, case: Case) -> frozenset[Source]:
        """The sources of unfairness that are at their neutral setting in a case of it; the others are at the framework's own habit.

        Preallocation is at its habit only where a ladder is about it: a framework that takes the whole GPU leaves the other none.
        """
        never = frozenset({Source.PREALLOCATION}) - set(self.ladder)
        match case.style:
            case Style.MATCHED | Style.STRATEGY:
                return frozenset(Source)
            case Style.STOCK:
                return never
            case Style.LADDER:
                return never | frozenset(self.ladder[: self.ladder.index(case.rung) + 1] if case.rung else ())
