"""Measures a train step by an ordinary worker and by a crew of one rank, in turns, and prints what the way through the crew costs.

Both are started afresh a few times, as two processes of the same code differ by some per cent; the interval is over those.
"""

from __future__ import annotations

import argparse
import math
import statistics

from msgspec.structs import replace

from fixtures.experiments import defaults
from fixtures.experiments.experiment import load
from harness import phases
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Setup
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import SURROUNDINGS
from harness.session.measuring import SUITE
from harness.session.options import worker_spec
from harness.session.workers.crew import Crew
from harness.session.workers.worker import Worker
from harness.worker.protocol import Begin, Begun, Block, End, Measure
from tests.calibration.overhead import TIMEOUT_SECONDS, quiet, setup_on

PROCESSES = 6
TURNS = 6
TURN_SECONDS = 1.5
T_OF_95_PERCENT = 2.571  # Student's, two-sided, of PROCESSES - 1 = 5 degrees of freedom


class Way:
    """A train step in its steady state."""

    def __init__(self, worker: Worker | Crew, setup: Setup, phase: str) -> None:
        self._worker = worker
        setup = replace(setup, case=replace(setup.case, phase=phase))
        self._begun: Begun = worker.call(Begin(setup, phases.bench(phase)), TIMEOUT_SECONDS, quiet)

    def step_seconds(self, turn: int) -> float:
        block: Block = self._worker.call(Measure(turn, TURN_SECONDS, 1000, TURN_SECONDS), TIMEOUT_SECONDS, quiet)
        return statistics.median(round_.seconds for round_ in block.rounds) / self._begun.steps_per_round

    def close(self) -> None:
        self._worker.call(End(), TIMEOUT_SECONDS, quiet)
        self._worker.close()


def of_one_pair(framework: str, spec: str) -> float:
    """Mean logarithm of the time a step through a crew over that of an ordinary worker."""
    case = Case(
        framework=framework,
        phase="train_step",
        workload=Workload.FROZEN,
        style=Style.MATCHED,
        batch_size=load(defaults.ON_A_CPU).steps.batch_size,
        execution=Execution.PLAIN,
        precision=Precision.FP32,
    )
    ordinary, first = (Worker(framework, spec, SURROUNDINGS, [str(SUITE)]) for _ in range(2))
    setup = setup_on(ordinary, case, load(defaults.ON_A_CPU).steps)
    ways = [Way(Crew([first]), setup, "data_parallel"), Way(ordinary, setup, "train_step")]
    found = []
    for turn in range(TURNS):
        taken = {way: way.step_seconds(turn) for way in (ways if turn % 2 == 0 else reversed(ways))}
        found.append(math.log(taken[ways[0]] / taken[ways[1]]))
    for way in ways:
        way.close()
    return statistics.fmean(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=worker_spec, action="append", default=[], metavar="FRAMEWORK=SPEC")
    specs = dict.fromkeys(FRAMEWORKS, "popen") | dict(parser.parse_args().worker)
    for framework in FRAMEWORKS:
        found = [of_one_pair(framework, specs[framework]) for _ in range(PROCESSES)]
        middle, reach = statistics.fmean(found), T_OF_95_PERCENT * statistics.stdev(found) / math.sqrt(PROCESSES)
        low, high = math.exp(middle - reach), math.exp(middle + reach)
        holds = "holds 1" if low <= 1 <= high else "does not hold 1"
        print(f"{FRAMEWORKS[framework].title}: {math.exp(middle):.3f}, 95% interval {low:.3f} – {high:.3f} {holds}", flush=True)


if __name__ == "__main__":
    main()
