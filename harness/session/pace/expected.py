"""How long a comparison is expected to take: as the last session on this machine found, else as the default model does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from harness.findings.comparison import title_of
from harness.phases import PHASES
from harness.record.case import Case, Execution, Workload
from harness.session import gpu, options

KEPT = "flowers/seconds"  # in pytest's cache
# Seen with the default model on two cores, in seconds. A GPU's steps are shorter and its compilers take as long.
COMPILER_SECONDS = 60.0
ALL_LAYERS = 2.0  # times what the head alone takes, where steps are long
ON_A_GPU = 0.6  # times


class Expected:
    """By the titles of comparisons."""

    def __init__(self, config: pytest.Config) -> None:
        self._cache = getattr(config, "cache", None)  # none with -p no:cacheprovider
        self._key = _key(config)
        kept = self._cache.get(KEPT, {}) if self._cache is not None else {}
        self._all: dict[str, dict[str, float]] = kept if isinstance(kept, dict) else {}
        self._known = dict(self._all.get(self._key, {}))

    def knows(self, cases: Iterable[Case]) -> bool:
        return all(title_of(case) in self._known for case in cases)

    def seconds(self, case: Case) -> float:
        """Of its comparison, all sides together."""
        return self._known.get(title_of(case), _usual(case))

    def keep(self, seconds: Mapping[str, float]) -> None:
        """What this session has found."""
        if self._cache is not None and seconds:
            self._cache.set(KEPT, self._all | {self._key: self._known | dict(seconds)})


def _usual(case: Case) -> float:
    usual = PHASES[case.phase].usual_seconds
    if case.workload is Workload.FULL:
        usual *= ALL_LAYERS
    if case.execution is Execution.COMPILED:
        usual += COMPILER_SECONDS
    return usual * ON_A_GPU if gpu.present() else usual


def _key(config: pytest.Config) -> str:
    """Whatever makes the same title take another time."""
    chosen = options.of(config)
    experiments = chosen.experiments
    parts = [
        experiments.steps.sha256[:8],
        experiments.jobs.sha256[:8],
        f"{chosen.max_seconds:g}",
        f"{chosen.min_rounds}",
        str(chosen.until),
    ]
    parts += [f"{each.name}-{each.sha256[:8]}" for each in chosen.models] + sorted(chosen.workers.values())
    found = gpu.first()
    return " ".join([*parts, (found.name if found else None) or "cpu"])
