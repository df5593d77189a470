"""Data-parallel training: the step, the same without its exchange, and the exchange alone, all three in every turn."""

from __future__ import annotations

from harness.frameworks.contract import Framework, Setup
from harness.phases.data_parallel.following import Following
from harness.phases.data_parallel.leading import Leading
from harness.worker.membership import MEMBERSHIP
from harness.worker.protocol import Begun, Block, Ended, Measure


class Bench:
    """That of the rank that the process is."""

    def __init__(self, framework: Framework, setup: Setup) -> None:
        leader = MEMBERSHIP.leader
        self._rank = Leading(framework, setup, MEMBERSHIP.followers) if leader is None else Following(framework, setup, leader)

    def begin(self) -> Begun:
        return self._rank.begin()

    def measure(self, turn: Measure) -> Block:
        return self._rank.measure(turn)

    def end(self) -> Ended:
        return self._rank.end()

    def close(self) -> None:
        self._rank.close()
