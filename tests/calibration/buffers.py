"""Runs in a framework's interpreter: median seconds a batch, of blocks that begin with full buffers and with empty ones in turns.

Arguments: a file with a msgspec-encoded Setup, and how many turns of how many seconds. Prints [[full, empty], …] as JSON.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from pathlib import Path

import msgspec

from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Framework, Setup
from harness.worker.protocol import Measure
from harness.worker.timing.drained import Drained
from harness.worker.timing.step import timed_step
from harness.worker.timing.warm_up import warm_up

FILLING_SECONDS = 0.5  # on top of the block's own wait until nothing moves
EMPTYING_BATCHES = 64  # as fast as they come: more than any buffer holds
ROUNDS = 1000


def main(setup: Setup, turns: int, seconds: float) -> list[tuple[float, float]]:
    framework: Framework = importlib.import_module(FRAMEWORKS[setup.case.framework].module)  # type: ignore[assignment]
    framework.open_device(setup)
    pipeline = framework.pipeline(setup)
    warm_up(pipeline)
    drained = Drained(pipeline, setup.threads)

    def after_filling(turn: int) -> float:
        time.sleep(FILLING_SECONDS)
        return batch_seconds(turn)

    def after_emptying(turn: int) -> float:
        timed_step(pipeline, EMPTYING_BATCHES)
        return batch_seconds(turn)

    def batch_seconds(turn: int) -> float:
        kept, _ = drained.windows(Measure(turn, seconds, ROUNDS, seconds))
        return statistics.median(round_.seconds for window in kept for round_ in window.rounds) / drained.batches_per_round

    found = []
    for turn in range(turns):
        if turn % 2 == 0:
            found.append((after_filling(turn), after_emptying(turn)))
        else:
            empty = after_emptying(turn)
            found.append((after_filling(turn), empty))
    pipeline.close()
    return found


if __name__ == "__main__":
    file, turns, seconds = sys.argv[1:]
    print(json.dumps(main(msgspec.json.decode(Path(file).read_bytes(), type=Setup), int(turns), float(seconds))))
