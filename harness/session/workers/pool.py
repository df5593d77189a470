"""The live workers of a session: at most one of each framework."""

from __future__ import annotations

from collections.abc import Iterable

from harness.record.fairness import Source
from harness.session.workers.worker import Waiting, Worker, at_rest


class WorkerPool:
    """At most one live worker a framework: an idle second one would hold memory that the first is measured with."""

    def __init__(self, specs: dict[str, str], import_paths: list[str], waiting: Waiting = at_rest) -> None:
        self._specs = specs
        self._import_paths = import_paths
        self._waiting = waiting
        self._workers: dict[str, tuple[frozenset[Source], Worker]] = {}
        self._started: set[str] = set()

    def get(self, framework: str, surroundings: frozenset[Source]) -> Worker:
        """The framework's worker in those surroundings; a fresh one where none waits for a request. Raises WorkerStartError."""
        present = self._workers.get(framework)
        if present is not None and present[0] == surroundings and present[1].is_idle:
            return present[1]
        return self.fresh(framework, surroundings)

    def fresh(self, framework: str, surroundings: frozenset[Source]) -> Worker:
        """A new worker in the place of the old one."""
        self.close(framework)
        worker = Worker(framework, self._specs[framework], surroundings, self._import_paths, self._waiting)
        self._workers[framework] = (surroundings, worker)
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
