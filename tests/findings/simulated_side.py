"""A side whose durations are drawn: what a schedule asks of a side, and no worker."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from harness.record.case import Case, Style, Workload
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session.taken import Taken
from harness.worker.protocol import Begun, Block
from harness.worker.timing.rounds import WINDOW_SECONDS, steps_per_round
from tests.findings.noise import Noise, Sides, Wave

FIRST, SECOND = "pytorch", "tensorflow"
MOST_ROUNDS = 400  # of a side: half a minute has no more
STILL = Noise(Wave(0.0, 0.0), Wave(0.0, 0.0), 0.0, 0.0, 0.0)

Pair = tuple["SimulatedSide", "SimulatedSide"]


class Machine:
    """Where two sides run: its clock goes on while one of them does, and it drifts."""

    def __init__(self, noise: Noise, turns: int, random: np.random.Generator) -> None:
        self._shared = noise.shared.drawn(turns, random).tolist()
        self._drift_per_second = noise.drift_per_second * random.choice((-1.0, 1.0))
        self.seconds = 0.0

    def level(self, turn: int) -> float:
        return float(self._shared[turn] + self._drift_per_second * self.seconds)


class SimulatedSide:
    alive, first_turn = True, 0

    def __init__(self, framework: str, step_seconds: float, machine: Machine, own: Sequence[float]) -> None:
        """own: what a round adds to the machine's level, by round."""
        self._case = Case(framework=framework, phase="train_step", workload=Workload.FROZEN, style=Style.MATCHED, batch_size=8)
        steps = steps_per_round(step_seconds)
        self._round_seconds = steps * step_seconds
        self._machine = machine
        self._own = iter(own)
        self.taken = Taken(Begun(None, steps))

    def take_block(self, number: int, seconds: float, max_rounds: int, retake_seconds: float) -> None:  # none is disturbed
        rounds: list[Round] = []
        spent_seconds = window_seconds = 0.0
        while len(rounds) < max_rounds and (not rounds or spent_seconds < seconds or window_seconds < WINDOW_SECONDS):
            if window_seconds >= WINDOW_SECONDS:
                window_seconds = 0.0
            rounds.append(self._round(number))
            spent_seconds += rounds[-1].seconds
            window_seconds += rounds[-1].seconds
        block = Block(tuple(rounds), retaken_rounds=0, retaken_seconds=0.0, busy_seconds=spent_seconds)
        self.taken = msgspec.structs.replace(self.taken, blocks=(*self.taken.blocks, block))

    def measurement(self) -> Measurement:
        return Measurement(case=self._case, outcome=Outcome.OK, steps_per_round=self.taken.steps_per_round, rounds=self.taken.rounds)

    def end(self) -> None:
        pass

    def _round(self, turn: int) -> Round:
        seconds = self._round_seconds * math.exp(self._machine.level(turn) + next(self._own))
        self._machine.seconds += seconds
        return Round(seconds, seconds, 0.0, turn)


def pair(noise: Noise, step_seconds: float, ratio: float, random: np.random.Generator) -> Pair:
    """On such a machine. The first takes `ratio` times as long as the second."""
    machine = Machine(noise, MOST_ROUNDS, random)
    first = SimulatedSide(FIRST, step_seconds, machine, (noise.rounds(MOST_ROUNDS, random) + math.log(ratio)).tolist())
    return first, SimulatedSide(SECOND, step_seconds, machine, noise.rounds(MOST_ROUNDS, random).tolist())


def replayed(recorded: Sides) -> Pair:
    """Recorded turns, as they came. They are made twice as long, so that each block has one."""
    first, second = (
        SimulatedSide(name, 2.0, Machine(STILL, 1 + len(each), np.random.default_rng()), [math.log(seconds) for seconds in each])
        for name, each in zip((FIRST, SECOND), recorded, strict=True)
    )
    return first, second
