"""The live workers of a session: at most one of each framework, or one crew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.record.fairness import Source
from harness.session.workers.crew import Crew
from harness.session.workers.places import Place
from harness.session.workers.worker import Waiting, Worker, at_rest
from harness.worker.share import WHOLE, Share


class WorkerPool:
    """At most one live worker a framework: an idle second one would hold memory that the first is measured with."""

    def __init__(self, specs: dict[str, str], import_paths: list[str], waiting: Waiting = at_rest) -> None:
        """specs: of each framework's workers."""
        self._specs = specs
        self._import_paths = import_paths
        self._waiting = waiting
        self._workers: dict[str, Worker | Crew] = {}
        self._begun: dict[str, tuple[frozenset[Source], str]] = {}  # of the last worker alone: its surroundings, and its spec
        self._started: set[str] = set()

    def get(self, framework: str, surroundings: frozenset[Source], spec: str | None = None) -> Worker:
        """The framework's worker in those surroundings; a fresh one where none waits for a request. Raises WorkerStartError.

        spec: of a machine that it has ranks on; None: of the one where it is measured without others.
        """
        wanted = spec or self._specs[framework]
        present = self._workers.get(framework)
        if isinstance(present, Worker) and present.is_idle and self._begun.get(framework) == (surroundings, wanted):
            return present
        return self.fresh(framework, surroundings, spec)

    def fresh(self, framework: str, surroundings: frozenset[Source], spec: str | None = None) -> Worker:
        """A new worker in the place of the old one."""
        self.close(framework)
        wanted = spec or self._specs[framework]
        worker = self._start(framework, wanted, surroundings, WHOLE)
        self._workers[framework], self._begun[framework] = worker, (surroundings, wanted)
        return worker

    def fresh_crew(self, framework: str, surroundings: frozenset[Source], places: Sequence[Place]) -> Crew:
        """A new worker at each of these places, by rank, instead of the old one. They have met nobody yet."""
        self.close(framework)
        workers: list[Worker] = []
        try:
            for place in places:
                workers.append(self._start(framework, place.spec, surroundings, place.share))
        except BaseException:
            Crew(workers).close()
            raise
        self._workers[framework] = crew = Crew(workers, self._waiting)
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
            self._workers[framework].close()  # one whose end is broken off stays here, and is ended again
            del self._workers[framework]

    def close_others(self, frameworks: Iterable[str]) -> None:
        """Than those of these."""
        for framework in self._workers.keys() - set(frameworks):
            self.close(framework)

    def close_all(self) -> None:
        for framework in list(self._workers):
            self.close(framework)
