"""How each phase is measured in a worker: begin, any number of blocks, end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from harness.frameworks.contract import Framework, Setup
from harness.record.measurement import ColdStart
from harness.worker.protocol import Begun, Block, Ended, Measure
from harness.worker.timing.rounds import Window
from harness.worker.timing.warm_up import WarmUp


class Bench(Protocol):
    """One phase's way of measuring one case. Made by `Bench(framework, setup)`; nothing is built before `begin`."""

    def __init__(self, framework: Framework, setup: Setup) -> None: ...

    def begin(self) -> Begun: ...

    def measure(self, turn: Measure) -> Block: ...

    def end(self) -> Ended: ...

    def close(self) -> None:
        """Frees the work; may be called at any time, more than once."""


def cold_start(build_seconds: float, warm_up: WarmUp) -> ColdStart:
    return ColdStart(
        build_seconds=build_seconds,
        first_step_seconds=warm_up.step_seconds[0],
        steps_to_steady_state=warm_up.steps_to_steady_state,
        warm_up_seconds=sum(warm_up.step_seconds),
    )


def block(
    kept: list[Window], thrown_away: list[Window], start_seconds: float, references: Mapping[str, list[Window]] = MappingProxyType({})
) -> Block:
    """The block of these windows, measured since `start_seconds` of the performance counter, and of what was measured beside them."""
    return Block(
        rounds=tuple(round_ for each in kept for round_ in each.rounds),
        retaken_rounds=sum(len(each.rounds) for each in thrown_away),
        retaken_seconds=sum(each.seconds for each in thrown_away),
        busy_seconds=time.perf_counter() - start_seconds,
        references={name: tuple(round_ for each in beside for round_ in each.rounds) for name, beside in references.items()},
    )
