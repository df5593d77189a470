"""How long a comparison is expected to take: as the last session on this machine found, else as the default model does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from harness.findings.comparison import title_of
from harness.phases import PHASES
from harness.record.case import Case, Execution, Workload
from harness.session import gpu, options
from harness.session.stopping import Until

KEPT = "flowers/seconds"  # in pytest's cache
MOST_KEPT = 50  # kinds of sessions; the oldest goes
# Seen with the default model on two cores, in seconds. A GPU's steps are shorter and its compilers take as long.
COMPILER_SECONDS = 60.0
PREPARING_SECONDS = 30.0
ALL_LAYERS = 2.0  # times what the head alone takes, where steps are long
ON_A_GPU = 0.6  # times

Seconds = dict[str, float]


class Expected:
    """By the titles of comparisons."""

    def __init__(self, config: pytest.Config, budget_seconds: float, until: Until) -> None:
        self._cache = getattr(config, "cache", None)  # none with -p no:cacheprovider
        self._key = _key(config, budget_seconds, until)
        self._preparing = "inputs"  # no comparison is called so, either
        self._further = f"further turns within {budget_seconds:g} s"  # no comparison is called so
        self._all = _sound(self._cache.get(KEPT, {}) if self._cache is not None else {})
        self._known = self._all.get(self._key, {})

    def knows(self, cases: Iterable[Case]) -> bool:
        return all(title_of(case) in self._known for case in cases)

    def seconds(self, case: Case) -> float:
        """Of its comparison, all sides together."""
        return self._known.get(title_of(case), _usual(case))

    @property
    def preparing_seconds(self) -> float:
        """Until the inputs are there, or found to be, and the frameworks are imported."""
        return self._known.get(self._preparing, 0.0 if self._known else PREPARING_SECONDS)

    @property
    def further_seconds(self) -> float:
        """That go into what is undecided once all comparisons are over."""
        return self._known.get(self._further, 0.0)

    def keep(self, seconds: Mapping[str, float], further_seconds: float, preparing_seconds: float) -> None:
        """What this session has found."""
        if self._cache is None or not seconds:
            return
        others = {key: each for key, each in self._all.items() if key != self._key}
        newest = dict([*others.items()][-MOST_KEPT + 1 :])
        others_seconds = {self._preparing: preparing_seconds, self._further: further_seconds}
        self._cache.set(KEPT, newest | {self._key: self._known | dict(seconds) | others_seconds})


def _sound(kept: Any) -> dict[str, Seconds]:
    """What is no number of seconds is left out: the file is anybody's, and another version may have written it."""
    found = {key: each for key, each in kept.items() if isinstance(each, dict)} if isinstance(kept, dict) else {}
    return {key: {title: float(seconds) for title, seconds in each.items() if _is_time(seconds)} for key, each in found.items()}


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and 0.0 <= value < math.inf


def _usual(case: Case) -> float:
    usual = PHASES[case.phase].usual_seconds
    if case.workload is Workload.FULL:
        usual *= ALL_LAYERS
    if case.execution is Execution.COMPILED:
        usual += COMPILER_SECONDS
    return usual * ON_A_GPU if gpu.present() else usual


def _key(config: pytest.Config, budget_seconds: float, until: Until) -> str:
    """Whatever makes the same title take another time."""
    chosen = options.of(config)
    experiments = chosen.experiments
    parts = [
        experiments.steps.sha256[:8],
        experiments.jobs.sha256[:8],
        f"{chosen.max_seconds:g}",
        f"{chosen.min_rounds}",
        f"{chosen.precision:g}",
        until,
        "with a budget" if math.isfinite(budget_seconds) else "without one",
    ]
    parts += [f"{each.name}-{each.sha256[:8]}" for each in chosen.models] + sorted(chosen.workers.values())
    found = gpu.first()
    return " ".join([*parts, (found.name if found else None) or "cpu"])
