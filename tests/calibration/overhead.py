"""Drives a worker of the suite and a bare loop in turns, and prints what the suite adds to a step.

Both are started afresh a few times, as one process is no measure of another, and both keep the memory that they were given: else it
depends on where the allocator happens to put its large blocks how many pages a step faults in (36,000 to 56,000 were seen for the
same step of PyTorch), which is worth some per cent and not the harness' doing.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
from pathlib import Path

from msgspec.structs import replace

from fixtures.experiments import defaults
from fixtures.experiments.experiment import Experiment, load
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness import phases
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Setup
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import SURROUNDINGS
from harness.session.options import worker_spec
from harness.session.workers.surroundings import variables
from harness.session.workers.worker import Worker
from harness.worker.protocol import Begin, Begun, Block, End, MadeCorpus, MadeWeights, MakeCorpus, MakeWeights, Measure, Progress

HERE = Path(__file__).parent
PROCESSES = 3
TURNS = 4
TURN_SECONDS = 3.0
TIMEOUT_SECONDS = 600.0


def interpreter(spec: str) -> str:
    """The Python of an execnet spec of this machine."""
    return next((part.removeprefix("python=") for part in spec.split("//") if part.startswith("python=")), "python")


def quiet(_: Progress) -> None:
    """The worker's progress is of no interest here."""


def setup_on(worker: Worker, case: Case, experiment: Experiment) -> Setup:
    """With the inputs of a plain run, made on that worker's machine. ResNet50's weights are made without a framework."""
    corpus: MadeCorpus = worker.call(MakeCorpus("generated", ""), TIMEOUT_SECONDS, quiet)
    setup = setup_of(case, experiment, model=find(DEFAULT), corpus=corpus.folder, classes=corpus.classes, threads=worker.hello.cores)
    made: MadeWeights = worker.call(MakeWeights(setup, "seeded", "", ""), TIMEOUT_SECONDS, quiet)
    return replace(setup, weights=made.file)


def turns(framework: str, spec: str) -> list[tuple[float, float]]:
    """Median seconds a step of the suite and of the bare loop, turn by turn, order alternating."""
    experiment = load(defaults.ON_A_CPU).steps
    worker = Worker(framework, spec, SURROUNDINGS, [str(HERE.parents[1])])
    case = Case(
        framework=framework,
        phase="train_step",
        workload=Workload.FROZEN,
        style=Style.MATCHED,
        batch_size=experiment.batch_size,
        execution=Execution.PLAIN,
        precision=Precision.FP32,
    )
    setup = setup_on(worker, case, experiment)
    begun: Begun = worker.call(Begin(setup, phases.bench(case.phase)), TIMEOUT_SECONDS, quiet)
    command = [interpreter(spec), str(HERE / f"bare_{framework}.py"), str(experiment.batch_size), str(worker.hello.cores)]
    bare = subprocess.Popen(
        command,
        env=os.environ | variables(framework, SURROUNDINGS),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert bare.stdin is not None
    assert bare.stdout is not None

    def by_suite(turn: int) -> float:
        block: Block = worker.call(Measure(turn, TURN_SECONDS, 1000, 0.0), TIMEOUT_SECONDS, quiet)
        return statistics.median(round_.seconds for round_ in block.rounds) / begun.steps_per_round

    def by_bare_loop() -> float:
        assert bare.stdin is not None
        assert bare.stdout is not None
        seconds: list[float] = []
        while sum(seconds) * begun.steps_per_round < TURN_SECONDS:
            print(begun.steps_per_round, file=bare.stdin, flush=True)
            seconds.append(float(bare.stdout.readline()) / begun.steps_per_round)
        return statistics.median(seconds)

    try:
        by_bare_loop()  # its warm-up
        found = []
        for turn in range(TURNS):
            if turn % 2 == 0:
                found.append((by_suite(turn), by_bare_loop()))
            else:
                bare_seconds = by_bare_loop()
                found.append((by_suite(turn), bare_seconds))
        worker.call(End(), TIMEOUT_SECONDS, quiet)
        return found
    finally:
        bare.kill()
        worker.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=worker_spec, action="append", default=[], metavar="FRAMEWORK=SPEC")
    specs = dict.fromkeys(FRAMEWORKS, "popen") | dict(parser.parse_args().worker)
    for framework in FRAMEWORKS:
        processes = [turns(framework, specs[framework]) for _ in range(PROCESSES)]
        found = [turn for process in processes for turn in process]
        ratios = [statistics.fmean(math.log(suite / bare) for suite, bare in process) for process in processes]
        error = statistics.stdev(ratios) / math.sqrt(len(ratios))
        suite, bare = (statistics.median(column) for column in zip(*found, strict=True))
        print(
            f"{FRAMEWORKS[framework].title}: suite {suite * 1e3:.1f} ms, bare loop {bare * 1e3:.1f} ms a step; "
            f"ratio {math.exp(statistics.fmean(ratios)):.3f} ± {2 * error:.3f} over {PROCESSES} fresh processes of each",
            flush=True,
        )


if __name__ == "__main__":
    main()
