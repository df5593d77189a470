"""Each further rank of a data-parallel case: it does what the first one does, and tells what is its own."""

from __future__ import annotations

from harness.frameworks.contract import Framework, Setup
from harness.phases.data_parallel.works import TOGETHER, Works
from harness.record.measurement import ALONE
from harness.record.round import Round
from harness.worker.leading import Call, Leader, Noticed
from harness.worker.meters.host_memory import Peaks
from harness.worker.protocol import Begun, Block, Ended, Measure


class Following:
    def __init__(self, framework: Framework, setup: Setup, leader: Leader) -> None:
        self._framework = framework
        self._setup = setup
        self._leader = leader
        self._works: Works | None = None

    def begin(self) -> Begun:
        self._framework.open_device(self._setup)
        self._works = Works(self._framework, self._setup)
        self._follow(lambda *_: None)  # warm-up: nothing is noted
        return Begun(None, steps_per_round=1)

    def measure(self, turn: Measure) -> Block:
        clock = _Clock(turn.block)
        self._follow(clock.called)
        return Block(rounds=(), retaken_rounds=0, retaken_seconds=0.0, busy_seconds=0.0, references={ALONE: tuple(clock.rounds)})

    def end(self) -> Ended:
        assert self._works is not None, "end comes after begin"
        self._works.keep_step()
        peaks = _AtFences(Peaks())
        self._framework.reset_peak_memory()
        self._follow(peaks.called)
        readings = (*peaks.peaks.readings(), *self._framework.peak_memory())
        self.close()
        return Ended({}, readings, busy_seconds=0.0)

    def close(self) -> None:
        if self._works is not None:
            self._works.close()
            self._works = None

    def _follow(self, noticed: Noticed) -> None:
        assert self._works is not None, "it comes after begin"
        self._leader.follow(self._works.by_name, noticed)


class _Clock:
    """Rounds of the step without exchange, by this rank's own clock: the time that it waits to be told is in none."""

    def __init__(self, block: int) -> None:
        self.rounds: list[Round] = []
        self._block = block
        self._seconds, self._steps = 0.0, 0

    def called(self, name: str, call: Call, seconds: float) -> None:
        if name != ALONE:
            return
        self._seconds += seconds
        self._steps += call is Call.STEP
        if call is Call.FENCE:
            if self._steps:
                self.rounds.append(Round(self._seconds, 0.0, 0.0, self._block))
            self._seconds, self._steps = 0.0, 0


class _AtFences:
    def __init__(self, peaks: Peaks) -> None:
        self.peaks = peaks

    def called(self, name: str, call: Call, _: float) -> None:
        if name == TOGETHER and call is Call.FENCE:
            self.peaks.at_fence()
