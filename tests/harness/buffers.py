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

from fixtures.frameworks import FRAMEWORKS
from fixtures.frameworks.contract import Setup
from fixtures.worker.loading import PipelineBench
from fixtures.worker.protocol import Measure

FILLING_SECONDS = 0.5  # on top of the block's own wait until nothing moves
EMPTYING_BATCHES = 64  # as fast as they come: more than any buffer holds


def main(setup: Setup, turns: int, seconds: float) -> list[tuple[float, float]]:
    bench = PipelineBench(importlib.import_module(FRAMEWORKS[setup.case.framework].module), setup)  # type: ignore[arg-type]
    steps = bench.begin().steps_per_round

    def after_filling(turn: int) -> float:
        time.sleep(FILLING_SECONDS)
        return batch_seconds(turn)

    def after_emptying(turn: int) -> float:
        assert bench._pipeline is not None
        for _ in range(EMPTYING_BATCHES):
            bench._pipeline.step()
        return batch_seconds(turn)

    def batch_seconds(turn: int) -> float:
        block = bench.measure(Measure(2 * turn, seconds, 1000, seconds))  # of an even number: the pipeline first, then the limit
        return statistics.median(round_.seconds for round_ in block.rounds) / steps

    found = []
    for turn in range(turns):
        if turn % 2 == 0:
            found.append((after_filling(turn), after_emptying(turn)))
        else:
            empty = after_emptying(turn)
            found.append((after_filling(turn), empty))
    bench.close()
    return found


if __name__ == "__main__":
    file, turns, seconds = sys.argv[1:]
    print(json.dumps(main(msgspec.json.decode(Path(file).read_bytes(), type=Setup), int(turns), float(seconds))))
