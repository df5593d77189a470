"""What each strategy of a framework's input pipelines gives. Runs in the framework's interpreter."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from typing import Any

import psutil

from fixtures.corpora import CLASSES
from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Setup
from harness.phases.data_pipeline.likeness import Likeness
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.record.outcome import Unsupported
from tests.frameworks.kept import give_back_the_largest_only, memory_is_kept
from tests.frameworks.loaded import BATCH_SIZE, DYING_SECONDS, EPOCH_BATCHES, IMAGE_SIZE

EXPERIMENT = Experiment(name="test", image_size=IMAGE_SIZE, shuffle_buffer=40, seed=3)
EPOCHS = 3


class Strategies:
    def __init__(self, framework: str, corpus: str) -> None:
        self._framework = framework
        self._corpus = corpus
        self._module: Any = importlib.import_module(FRAMEWORKS[framework].module)

    def names(self) -> list[str]:
        return list(importlib.import_module(f"harness.frameworks.{self._framework}.strategies").STRATEGIES)

    def found(self, name: str) -> dict[str, Any]:
        """Its batches over some epochs and one more, the first one once more, and what is left of it after it was closed."""
        setup = self._setup(name)
        try:
            self._module.open_device(setup)
            environment, before = self._module.environment(), running()
            pipeline = self._module.pipeline(setup)
        except Unsupported as error:
            return {"unsupported": str(error)}
        labels, kinds = [], set()
        for _ in range(EPOCHS * EPOCH_BATCHES + 1):
            pipeline.step()
            images, taken = pipeline.to_numpy()
            labels.append(taken.tolist())
            kinds.add((images.shape, str(images.dtype), taken.shape, str(taken.dtype)))
        likeness = Likeness.of(images, taken, setup)
        pipeline.restart()
        pipeline.step()
        again = pipeline.to_numpy()[1].tolist()
        del images, taken
        pipeline.close()
        return {
            "labels": labels,
            "again": again,
            "kinds": sorted(kinds),
            "largest": likeness.largest,
            "mean": likeness.mean,
            "left_over": left_over(before),
            "memory_is_kept": memory_is_kept(),
            "environment_is_as_it_was": self._module.environment() == environment,
        }

    def refusal(self, name: str, package: str) -> str:
        """What it says where the package is missing."""
        sys.modules[package] = None  # type: ignore[assignment]
        try:
            self._module.open_device(self._setup(name))
            self._module.pipeline(self._setup(name)).close()
        except Unsupported as error:
            return str(error)
        finally:
            del sys.modules[package]
        return ""

    def _setup(self, name: str) -> Setup:
        case = Case(
            framework=self._framework,
            phase="data_pipeline",
            workload=Workload.LOADING,
            style=Style.STRATEGY,
            batch_size=BATCH_SIZE,
            strategy=name,
        )
        return setup_of(case, EXPERIMENT, model=find(DEFAULT), corpus=self._corpus, classes=CLASSES, threads=2)


def everything(framework: str, corpus: str, packages: dict[str, str]) -> dict[str, Any]:
    """All checks in one start of the interpreter. packages: by strategy, the one that it needs."""
    give_back_the_largest_only()
    strategies = Strategies(framework, corpus)
    return {
        "names": strategies.names(),
        "refusals": {name: strategies.refusal(name, package) for name, package in packages.items()},  # first: none is imported yet
        "strategies": {name: strategies.found(name) for name in strategies.names()},
    }


def running() -> dict[int, str]:
    """Python's threads and this process' children, and theirs, by their identifiers. A thread of the framework's own is not Python's."""
    threads = {each.native_id or 0: each.name for each in threading.enumerate() if not isinstance(each, threading._DummyThread)}
    return threads | {each.pid: str(each) for each in psutil.Process().children(recursive=True)}


def left_over(before: dict[int, str]) -> list[str]:
    """What runs that did not before, once it had some time to end."""
    deadline = time.monotonic() + DYING_SECONDS
    while True:
        more = {key: name for key, name in running().items() if key not in before}
        if not more or time.monotonic() > deadline:
            return sorted(more.values())
        time.sleep(0.05)
