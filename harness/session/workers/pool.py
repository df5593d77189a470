"""The live workers of a session: at most one of each framework, or one crew."""

from __future__ import annotations

import math
from collections.abc import Iterable

from harness.record.fairness import Source
from harness.session.workers.crew import Crew
from harness.session.workers.worker import WHOLE, Share, Waiting, Worker, at_rest


class WorkerPool:
    """At most one live worker a framework: an idle second one would hold memory that the first is measured with."""

    def __init__(
        self, specs: dict[str, str], machines: dict[str, tuple[str, ...]], import_paths: list[str], waiting: Waiting = at_rest
    ) -> None:
        """specs: of each framework's workers; machines: those that its ranks are spread over."""
        self._specs = specs
        self._machines = machines
        self._import_paths = import_paths
        self._waiting = waiting
        self._workers: dict[str, tuple[frozenset[Source], Worker | Crew]] = {}
        self._started: set[str] = set()

    def get(self, framework: str, surroundings: frozenset[Source]) -> Worker:
        """The framework's worker in those surroundings; a fresh one where none waits for a request. Raises WorkerStartError."""
        present = self._workers.get(framework)
        if present is not None and present[0] == surroundings and isinstance(present[1], Worker) and present[1].is_idle:
            return present[1]
        return self.fresh(framework, surroundings)

    def fresh(self, framework: str, surroundings: frozenset[Source]) -> Worker:
        """A new worker in the place of the old one."""
        self.close(framework)
        worker = self._start(framework, self._specs[framework], surroundings, WHOLE)
        self._workers[framework] = (surroundings, worker)
        return worker

    def fresh_crew(self, framework: str, surroundings: frozenset[Source], ranks: int, shares: int) -> Crew:
        """So many new workers in the place of the old one, that have met nobody yet.

        As launchers do it, the first ranks are on the first machine. shares: in which all machines together are divided.
        """
        self.close(framework)
        specs = self._machines[framework]
        of_a_machine = math.ceil(shares / len(specs))
        workers: list[Worker] = []
        try:
            for number in range(ranks):
                machine, place = divmod(number, math.ceil(ranks / len(specs)))
                workers.append(self._start(framework, specs[machine], surroundings, (place, of_a_machine)))
        except BaseException:
            for worker in workers:
                worker.close()
            raise
        crew = Crew(workers)
        self._workers[framework] = (surroundings, crew)
        return crew

    def _start(self, framework: str, spec: str, surroundings: frozenset[Source], share: Share) -> Worker:
        worker = Worker(framework, spec, surroundings, self._import_paths, self._waiting, share)
        self._started.add(framework)
        return worker

    def has_started(self, framework: str) -> bool:
        """Whether its spec has ever worked: where it has, a later failure to start is one case's misfortune."""
        return framework in self._started

    def close(self, framework: str) -> None:
        if framework in self._workers:
            self._workers[framework][1].close()  # one whose end is broken off stays here, and is ended again
            del self._workers[framework]

    def close_others(self, frameworks: Iterable[str]) -> None:
        """Than those of these."""
        for framework in self._workers.keys() - set(frameworks):
            self.close(framework)

    def close_all(self) -> None:
        for framework in list(self._workers):
            self.close(framework)
