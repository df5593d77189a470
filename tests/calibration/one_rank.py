"""Measures a train step by an ordinary worker and by a crew of one rank, in turns, and prints what the way through the crew costs.

Both are started afresh many times, as two processes of the same code differ by some per cent; the interval is over those. Which of the
two is started first alternates, as the turns' order does.
"""

from __future__ import annotations

import argparse
import math
import statistics

from msgspec.structs import replace
from scipy import stats

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

PROCESSES = 12  # an even number: as many are started first as second
TURNS = 6
CREW, ORDINARY = "data_parallel", "train_step"
TURN_SECONDS = 1.5
T_OF_95_PERCENT = float(stats.t.ppf(0.975, PROCESSES - 1))


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


def of_one_pair(framework: str, spec: str, crew_first: bool) -> float:
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
    workers = {phase: Worker(framework, spec, SURROUNDINGS, [str(SUITE)]) for phase in _order(crew_first)}
    setup = setup_on(workers[ORDINARY], case, load(defaults.ON_A_CPU).steps)
    ways = {phase: Way(Crew([worker]) if phase == CREW else worker, setup, phase) for phase, worker in workers.items()}
    found = []
    for turn in range(TURNS):
        taken = {phase: ways[phase].step_seconds(turn) for phase in _order(turn % 2 == 0)}
        found.append(math.log(taken[CREW] / taken[ORDINARY]))
    for way in ways.values():
        way.close()
    return statistics.fmean(found)


def _order(crew_first: bool) -> tuple[str, str]:
    return (CREW, ORDINARY) if crew_first else (ORDINARY, CREW)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=worker_spec, action="append", default=[], metavar="FRAMEWORK=SPEC")
    specs = dict(parser.parse_args().worker) or dict.fromkeys(FRAMEWORKS, "popen")
    for framework, spec in specs.items():
        found = [of_one_pair(framework, spec, crew_first=number % 2 == 0) for number in range(PROCESSES)]
        middle, reach = statistics.fmean(found), T_OF_95_PERCENT * statistics.stdev(found) / math.sqrt(PROCESSES)
        low, high = math.exp(middle - reach), math.exp(middle + reach)
        holds = "holds 1" if low <= 1 <= high else "does not hold 1"
        print(f"{FRAMEWORKS[framework].title}: {math.exp(middle):.3f}, 95% interval {low:.3f} – {high:.3f} {holds}", flush=True)


if __name__ == "__main__":
    main()
