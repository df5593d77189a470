"""How a session ends, and when: drawn from a seed."""

from __future__ import annotations

import random
import signal
from enum import StrEnum

import msgspec

OFTEN = (
    "pytest_runtest_logstart",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_runtest_logfinish",
    "pytest_benchmark_generate_json",
    "pytest_benchmark_update_json",
    "pytest_benchmark_update_machine_info",
)
ONCE = (
    "pytest_collection_finish",
    "pytest_benchmark_group_stats",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
)
AT_THE_END = ("pytest_sessionfinish", "pytest_terminal_summary", "pytest_unconfigure")
SECONDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
LATE_SHARE = 0.15  # of the moments: when everything is measured
TWICE_SHARE = 0.25


class Ending(StrEnum):
    SIGTERM = "SIGTERM"
    SIGKILL = "SIGKILL"
    SIGINT = "SIGINT"
    SIGHUP = "SIGHUP"
    EXCEPTION = "exception"  # in a hook of another plugin
    LIMIT = "full disk"  # for the files of the process
    DISK = "full file system"  # for all; only who may mount one can have it


class Moment(msgspec.Struct, frozen=True):
    """After that many events, or when the session has come to a stage; and a pause."""

    events: int
    stage: str
    pause_seconds: float


class Plan(msgspec.Struct, frozen=True):
    ending: Ending
    moment: Moment
    second: tuple[signal.Signals, float] | None  # sent after the first, so many seconds later
    hook: str
    call: int  # of the hook, from 1 on: which one fails
    room_bytes: int  # that the disk still has
    freed_after: int | None  # events, until the disk has room again
    torn_share: float | None  # of a line that a machine without power left behind
    recovers: bool

    @property
    def told(self) -> str:
        where = self.moment.stage.removeprefix("pytest_") or f"event {self.moment.events}"
        when = f"{where} + {1000 * self.moment.pause_seconds:.0f} ms"
        match self.ending:
            case Ending.EXCEPTION:
                return f"exception in {self.hook.removeprefix('pytest_')} {self.call}"
            case Ending.LIMIT | Ending.DISK:
                return f"{self.ending} at {when}, {self.room_bytes} bytes left" + (
                    "" if self.freed_after is None else f", freed {self.freed_after} events later"
                )
            case _:
                return f"{self.ending} at {when}" + ("" if self.second is None else f", then {self.second[0].name}")


def draw(seed: int, events: int, endings: list[Ending]) -> list[Plan]:
    """How one session and those that resume it end, one after the other. events: those of a session that nobody ends."""
    chance = random.Random(seed)
    plans = [_plan(chance, endings[seed % len(endings)], events)]
    if chance.random() < TWICE_SHARE:
        plans.append(_plan(chance, chance.choice(endings), max(1, events // 2)))
    return plans


def _plan(chance: random.Random, ending: Ending, events: int) -> Plan:
    number = int(chance.random() * events)  # so a session that tells one event more is not ended otherwise
    late = chance.random() < LATE_SHARE
    pause = chance.uniform(0.0, 1.5) if number == 0 else chance.choice([0.0, chance.uniform(0.0, 0.01), chance.uniform(0.0, 0.3)])
    hook = chance.choice(OFTEN + ONCE)
    return Plan(
        ending=ending,
        moment=Moment(number, chance.choice(AT_THE_END) if late else "", chance.uniform(0.0, 0.02) if late else pause),
        second=(chance.choice(SECONDS), chance.uniform(0.0, 0.2)) if chance.random() < 0.35 else None,
        hook=hook,
        call=1 if hook in ONCE else chance.choice([1, 1, 2, 3, 5, 8]),
        room_bytes=chance.choice([0, chance.randrange(1, 400), chance.randrange(1, 60_000)]),
        freed_after=chance.randrange(1, 12) if chance.random() < 0.4 else None,
        torn_share=chance.random() if chance.random() < 0.5 else None,
        recovers=chance.random() < 0.5,
    )
