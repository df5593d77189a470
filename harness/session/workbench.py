"""What the schedules measure with: sides, their workers, and the receipts of equal work."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from harness.findings.account import in_short
from harness.frameworks import titles
from harness.record.case import Case
from harness.record.outcome import Outcome
from harness.record.parting import Examination
from harness.session.examination.examiner import Examiner
from harness.session.inputs import InputStore, Workers
from harness.session.journal.keeper import Keeper, NoJournal
from harness.session.receipts import Receipts
from harness.session.side import Side, Teller
from harness.session.workers.crew import Crew
from harness.session.workers.pool import WorkerPool
from harness.session.workers.worker import WorkerStartError

STARTING = "starting the frameworks and making inputs"
CHECKING = "checking equal work"

Check = Callable[[str, dict[str, str]], None]  # of a framework and the environment that it has come up in, before it measures


class Workbench:
    def __init__(self, pool: WorkerPool, inputs: InputStore, timeout_seconds: float, teller: Teller, keeper: Keeper, check: Check) -> None:
        self._check = check
        self._pool = pool
        self._inputs = inputs
        self._timeout_seconds = timeout_seconds
        self._teller = teller
        self._keeper = keeper
        self._receipts = Receipts(self._why)
        self._examiners: dict[tuple[str, ...], Examiner] = {}  # by the frameworks that a refused case had
        self.spent_seconds: defaultdict[str, float] = defaultdict(float)  # on what has to be done before anything is measured

    def side(self, case: Case) -> Side:
        return Side(case, self._inputs, self._timeout_seconds, self._teller, self._keeper)

    def trial(self, case: Case) -> Side:
        """A side whose measurement is a piece of another one's."""
        return Side(case, self._inputs, self._timeout_seconds, self._teller, NoJournal())

    def prepare(self, sides: Sequence[Side]) -> None:
        """Has the inputs of all sides made, by workers that are not to be measured beside: one that makes them for others ends.

        Raises WorkerStartError for a worker that never could be started.
        """
        with self._spent_on(STARTING):
            for side in sides:
                if not side.has_inputs:
                    with self._started(side):  # its framework is imported while another worker makes the corpus
                        self._pool.get(side.case.framework, side.surroundings, self._inputs.places(side.case)[0].spec)
            for side in sides:
                if side.alive:
                    with self._started(side):
                        side.prepare(self._workers_of(side))
        self._pool.close_others(side.case.framework for side in sides)

    def open(self, sides: Iterable[Side]) -> None:
        """Workers for all sides first: each imports its framework while the next one starts.

        Raises WorkerStartError for a worker that never could be started.
        """
        live = [side for side in sides if side.alive]
        with self._spent_on(STARTING):
            for side in live:
                with self._started(side):
                    self._pool.get(side.case.framework, side.surroundings)
            for side in live:
                if side.alive:
                    side.open(self._pool.get(side.case.framework, side.surroundings))
                    self._check(side.case.framework, side.environment)
        _fail_on_different_devices(live)

    def open_fresh(self, sides: Iterable[Side]) -> None:
        """A new process for each, and no other beside them."""
        self._pool.close_all()
        self.open(sides)

    def open_crews(self, sides: Iterable[Side]) -> None:
        """As many new processes for each as it has ranks, and no other beside them."""
        self._pool.close_all()
        live = [side for side in sides if side.alive]
        crews: dict[str, Crew] = {}
        with self._spent_on(STARTING):
            for side in live:
                with self._started(side):
                    places = self._inputs.places(side.case)
                    crews[side.case.framework] = self._pool.fresh_crew(side.case.framework, side.surroundings, places)
            for side in live:
                if side.alive:
                    side.open(crews[side.case.framework])
                    self._check(side.case.framework, side.environment)
        _fail_on_different_devices(live)

    def check_against_one_process(self, sides: Sequence[Side]) -> None:
        """What sides of several ranks compute is that of a single process with the whole batch: has those computed, by crews of one."""
        if self._receipts.have(sides):
            return
        alone = [self.trial(replace(side.case, ranks=1, exchange=None)) for side in sides if side.alive]
        self.open_crews(alone)
        with self._spent_on(CHECKING):
            self._receipts.compute_alone(alone, sides[0].case)

    def check_equal_work(self, sides: Sequence[Side]) -> None:
        """Of sides that are open."""
        with self._spent_on(CHECKING):
            self._receipts.check(sides)

    def check_before_fresh_workers(self, sides: Sequence[Side]) -> None:
        """In workers that are there already: what is measured next is to see fresh ones."""
        if not self._receipts.have(sides):
            self.open(sides)
        self.check_equal_work(sides)

    def close_workers(self) -> None:
        self._pool.close_all()

    @property
    def examinations(self) -> list[Examination]:
        return [each for examiner in self._examiners.values() for each in examiner.examinations.values()]

    def examiner(self, frameworks: Sequence[str]) -> Examiner:
        key = tuple(frameworks)
        if key not in self._examiners:
            self._examiners[key] = Examiner(self, key, self._inputs.examined_steps, self._keeper)
        return self._examiners[key]

    def _why(self, sides: Sequence[Side]) -> str:
        """Where the networks of sides that do not the same work part."""
        examiner = self.examiner([side.case.framework for side in sides])
        if not examiner.can:
            return ""
        sides[0].milestone("finding out where the networks part, and why")
        return in_short(examiner.examine(sides[0].model), titles())

    def _workers_of(self, side: Side) -> Workers:
        return lambda framework, spec: self._pool.get(framework, side.surroundings, spec)

    @contextmanager
    def _spent_on(self, what: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.spent_seconds[what] += time.monotonic() - start

    @contextmanager
    def _started(self, side: Side) -> Iterator[None]:
        """A worker of it that cannot be started ends the side, or the session if it never could be."""
        try:
            yield
        except WorkerStartError as error:
            if not self._pool.has_started(side.case.framework):
                raise
            side.fail(Outcome.CRASHED, str(error))


def _fail_on_different_devices(sides: Sequence[Side]) -> None:
    """A GPU is faster than a CPU whatever runs on it: that is not what is compared here."""
    places = {side.case.framework: side.place for side in sides if side.alive}
    if len(set(places.values())) > 1:
        told = ", ".join(f"{framework} on {place}" for framework, place in places.items())
        for side in sides:
            side.fail(
                Outcome.UNEQUAL_WORK, f"not the same device: {told}. Give each its GPU build (tox run -m bench-cuda) or host (--worker)"
            )
