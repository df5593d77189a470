"""The ranks of a side at the two ends of a link, as a session has them: each a worker, all together a crew."""

from __future__ import annotations

import functools
import shlex
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from fixtures.experiments.experiment import Experiment
from fixtures.models.folder import find
from harness import phases
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Setup
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.fairness import SURROUNDINGS
from harness.record.measurement import EXCHANGE
from harness.session.workers.crew import Crew
from harness.session.workers.worker import Worker
from harness.worker.protocol import Begin, Block, End, Ended, MadeWeights, MakeWeights, Measure, Progress
from harness.worker.share import Share
from tests.frameworks.conftest import interpreter
from tests.links.link import Link
from tests.main_job import PROJECT

PHASE = "data_parallel"
BYTES = 4 * (784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10)  # of the gradients of the multilayer perceptron
SECONDS = 120.0
REFERENCE = "pytorch"  # whose workers make the weights
ROUNDS = 1000
BEFORE_OTHERS = ("chrt", "--fifo", "1")


def quiet(_: Progress) -> None:
    """Nobody is told how far it is."""


def setup(framework: str, weights: str) -> Setup:
    """A step of two ranks on the multilayer perceptron, whose gradients are `BYTES`."""
    case = Case(
        framework=framework,
        phase=PHASE,
        model="mlp",
        workload=Workload.FULL,
        style=Style.MATCHED,
        batch_size=8,
        execution=Execution.PLAIN,
        precision=Precision.FP32,
        ranks=2,
    )
    return setup_of(case, Experiment(name="link"), model=find("mlp"), weights=weights)


def make_weights(cache: str) -> str:
    """The file of them. cache: the folder that it is made in."""
    given = setup(REFERENCE, "")
    alone = replace(given, case=replace(given.case, phase="train_step", ranks=1))
    worker = Worker(REFERENCE, f"popen//python={shlex.quote(interpreter(REFERENCE))}", SURROUNDINGS, [str(PROJECT)])
    try:
        request = MakeWeights(alone, "seeded", cache, FRAMEWORKS[REFERENCE].original)
        made: MadeWeights = worker.call(request, SECONDS, quiet)
    finally:
        worker.close()
    return made.file


@functools.cache
def before_others() -> tuple[str, ...]:
    """What has a command run before all others, where this user may do that: a busy machine is then no slower link."""
    done = subprocess.run([*BEFORE_OTHERS, "true"], capture_output=True, check=False)
    return () if done.returncode else BEFORE_OTHERS


@contextmanager
def crew(link: Link, framework: str) -> Iterator[Crew]:
    """A rank at each end, with a share of the cores, that have not met yet."""
    workers: list[Worker] = []
    try:
        for end in (0, 1):
            spec = f"popen//python={shlex.join(link.command(end, *before_others(), interpreter(framework)))}"
            workers.append(Worker(framework, spec, SURROUNDINGS, [str(PROJECT)], share=Share(end, count=2, ranks=2)))
        made = Crew(workers)
        yield made
    finally:
        for worker in workers:
            worker.close()


class Measuring:
    """The crew's step, in its steady state."""

    def __init__(self, crew: Crew, setup: Setup) -> None:
        self._crew = crew
        self._steps = crew.call(Begin(setup, phases.bench(PHASE)), SECONDS, quiet).steps_per_round
        self._turns = 0

    def turn(self, seconds: float, deadline_seconds: float = SECONDS) -> dict[str, float]:
        """Median seconds a step, by what is measured: the step of all ranks together, and what is measured beside it."""
        block: Block = self._crew.call(Measure(self._turns, seconds, ROUNDS, 0.0), deadline_seconds, quiet)
        self._turns += 1
        taken = {"step": block.rounds} | block.references
        print({name: [round(each.seconds, 3) for each in rounds] for name, rounds in taken.items() if name == EXCHANGE})
        return {name: statistics.median(each.seconds for each in rounds) / self._steps for name, rounds in taken.items()}

    def exchanged_bytes(self) -> int:
        """Those of a step. Nothing is measured any more."""
        ended: Ended = self._crew.call(End(), SECONDS, quiet)
        return round(ended.figures["exchanged_bytes"])
