"""The ranks of a side at the two ends of a link, as a session has them: each a worker, all together a crew."""

from __future__ import annotations

import shlex
import statistics
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
from harness.session.workers.crew import Crew
from harness.session.workers.worker import Worker
from harness.worker.protocol import Begin, Block, MadeWeights, MakeWeights, Measure, Progress
from harness.worker.share import Share
from tests.frameworks.conftest import interpreter
from tests.links.link import Link
from tests.main_job import PROJECT

PHASE = "data_parallel"
SECONDS = 120.0
REFERENCE = "pytorch"  # whose workers make the weights
ROUNDS = 1000
BEFORE_OTHERS = ("nice", "-n", "-15")  # a busy machine is no slower link


def quiet(_: Progress) -> None:
    """Nobody is told how far it is."""


def setup(framework: str, cache: str) -> Setup:
    """A step of two ranks on the multilayer perceptron, whose gradients are 2.7 MB. cache: the folder that its weights are made in."""
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
    given = setup_of(case, Experiment(name="link"), model=find("mlp"))
    worker = Worker(REFERENCE, f"popen//python={shlex.quote(interpreter(REFERENCE))}", SURROUNDINGS, [str(PROJECT)])
    try:
        of_reference = replace(given, case=replace(case, framework=REFERENCE, phase="train_step", ranks=1))
        request = MakeWeights(of_reference, "seeded", cache, FRAMEWORKS[REFERENCE].original)
        made: MadeWeights = worker.call(request, SECONDS, quiet)
    finally:
        worker.close()
    return replace(given, weights=made.file)


@contextmanager
def crew(link: Link, framework: str) -> Iterator[Crew]:
    """A rank at each end, with a share of the cores, that have not met yet."""
    workers: list[Worker] = []
    try:
        for end in (0, 1):
            spec = f"popen//python={shlex.join(link.command(end, *BEFORE_OTHERS, interpreter(framework)))}"
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

    def turn(self, seconds: float) -> dict[str, float]:
        """Median seconds a step, by what is measured; that of all ranks together has no name."""
        block: Block = self._crew.call(Measure(self._turns, seconds, ROUNDS, 0.0), SECONDS, quiet)
        self._turns += 1
        taken = {"": block.rounds} | block.references
        return {name: statistics.median(each.seconds for each in rounds) / self._steps for name, rounds in taken.items()}
