"""What a framework's input pipelines give. Runs in the framework's interpreter; knows it by its contract alone."""

from __future__ import annotations

import gc
import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from msgspec.structs import replace

from fixtures.corpora import CLASSES
from fixtures.corpora.flowers import CorpusError
from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Framework, Setup
from harness.frameworks.ranks import Rank
from harness.phases import ladders
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.record.fairness import Source
from harness.record.outcome import Unsupported
from tests.frameworks.kept import give_back_the_largest_only, memory_is_kept

IMAGE_SIZE = 64
EPOCH_IMAGE_SIZE = 224  # where whole batches are compared
RAISED_BY_STOCK = ("truncated", "empty")  # it converts whatever else it is given
BATCH_SIZE = 17  # six batches are the 102 training images of the tiny corpus
EPOCH_BATCHES = 6
RANKS = 2
JOB_BATCH_SIZE = 20  # of 102 images: five whole batches, and two images more
DYING_SECONDS = 20.0  # at most: a loader's processes end on their own once nobody asks them for more


class Loading:
    def __init__(self, framework: str, corpus: str) -> None:
        self.name = framework
        self.module: Framework = importlib.import_module(FRAMEWORKS[framework].module)  # type: ignore[assignment]
        self.corpus = corpus

    def setup(
        self,
        style: Style = Style.MATCHED,
        batch_size: int = BATCH_SIZE,
        image_size: int = IMAGE_SIZE,
        strategy: str | None = None,
        rung: Source | None = None,
    ) -> Setup:
        case = Case(
            framework=self.name,
            phase="data_pipeline",
            workload=Workload.LOADING,
            style=style,
            rung=rung,
            batch_size=batch_size,
            strategy=strategy,
        )
        experiment = Experiment(name="test", image_size=image_size, shuffle_buffer=40, seed=3)
        return setup_of(case, experiment, model=find(DEFAULT), corpus=self.corpus, classes=CLASSES, threads=2)

    def setup_by_name(self, name: str, image_size: int = IMAGE_SIZE) -> Setup:
        """By the name of a style or a strategy."""
        if name in list(Style):
            return self.setup(Style(name), image_size=image_size)
        return self.setup(Style.STRATEGY, image_size=image_size, strategy=name)

    def prepared(self, strategy: str | None) -> list[str]:
        """What there was to prepare after the device was opened: files and processes that came with the first pipeline."""
        setup = self.setup_by_name(strategy or "matched")
        self.module.open_device(setup)
        before = self._files_and_processes()
        self.module.pipeline(setup).close()
        return sorted(self._files_and_processes() - before)

    def _files_and_processes(self) -> set[str]:
        files = {str(path) for path in Path(self.corpus).rglob("*")}
        return files | {" ".join(each.cmdline()) for each in psutil.Process().children()}

    def ladder(self) -> dict[str, list[Any]]:
        """Each image's mean by channel and its label, of the first batch at each rung from `stock` up."""
        found = {}
        for rung in (None, *ladders.PIPELINE):
            pipeline = self.module.pipeline(self.setup(Style.LADDER, rung=rung))
            pipeline.step()
            images, taken = pipeline.to_numpy()
            found[rung or "stock"] = [images.mean((1, 2)).tolist(), taken.tolist()]
            pipeline.close()
        return found

    def stream(self, setup: Setup, batches: int) -> dict[str, Any]:
        """Labels of the first batches, and what each batch is like."""
        pipeline = self.module.pipeline(setup)
        labels, kinds = [], set()
        for _ in range(batches):
            pipeline.step()
            pipeline.fence()
            images, taken = pipeline.to_numpy()
            labels.append(taken.tolist())
            kinds.add((images.shape, str(images.dtype), taken.shape, str(taken.dtype)))
            assert pipeline.read_back() == taken[0]
            assert len(pipeline.batch()) == 2
        pipeline.close()
        return {"labels": labels, "kinds": sorted(kinds), "range": [float(images.min()), float(images.max())]}

    def save_epoch(self, setup: Setup, file: Path) -> None:
        pipeline = self.module.pipeline(setup)
        batches = []
        for _ in range(EPOCH_BATCHES):
            pipeline.step()
            batches.append(pipeline.to_numpy())
        images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        np.savez(file, images=images, labels=labels)
        pipeline.close()

    def restarted(self, setup: Setup) -> list[list[int]]:
        """Labels of the first batches before and after a restart."""
        pipeline = self.module.pipeline(setup)
        found = []
        for _ in range(2):
            pipeline.step()
            pipeline.step()
            found.append(pipeline.to_numpy()[1].tolist())
            pipeline.restart()
        pipeline.close()
        return found

    def epoch_of_ranks(self, style: Style) -> list[list[list[int]]]:
        """Labels of each batch of an epoch, by rank: its batch is that of all ranks together."""
        whole, found = self.setup(style, batch_size=RANKS * BATCH_SIZE), []
        for number in range(RANKS):
            rank = Rank(number, tuple(f"127.0.0.1:{port}" for port in range(RANKS)), 1.0)
            found.append(self.stream(replace(whole, rank=rank), EPOCH_BATCHES // RANKS)["labels"])
        return found

    def refusal(self, setup: Setup, error: type[Exception]) -> str:
        """What taking batches raises."""
        try:
            self.stream(setup, EPOCH_BATCHES)
        except error as raised:
            return str(raised)
        return ""


class Job:
    """The images of a whole job, of a corpus of two a class: one trains, one validates."""

    def __init__(self, framework: str, corpus: str) -> None:
        self._data: Any = importlib.import_module(f"harness.frameworks.{framework}.data")
        case = Case(framework=framework, phase="fine_tuning", workload=Workload.FROZEN, style=Style.MATCHED, batch_size=JOB_BATCH_SIZE)
        experiment = Experiment(name="test", image_size=IMAGE_SIZE, shuffle_buffer=40, seed=3, validation_fraction=0.5)
        self._setup = setup_of(case, experiment, model=find(DEFAULT), corpus=corpus, classes=CLASSES, threads=2)

    def labels(self) -> dict[str, list[list[list[int]]]]:
        """Of each batch of two epochs of training and two validations."""
        training, validation = self._data.training(self._setup), self._data.validation(self._setup)
        return {name: [self._taken(batches) for _ in range(2)] for name, batches in (("training", training), ("validation", validation))}

    def refusal(self) -> str:
        try:
            self.labels()
        except CorpusError as error:
            return str(error)
        return ""

    def _taken(self, batches: Any) -> list[list[int]]:
        return [labels.numpy().tolist() for _, labels in self._data.checked(self._setup, batches)]


def everything(
    framework: str, corpus: str, strategies: list[str], damaged: dict[str, str], jobs: tuple[str, str], epochs: str, decoy: str
) -> dict[str, Any]:
    """All checks in one start of the interpreter. Images and labels of an epoch go to a file of each way's name in the folder `epochs`.

    `damaged` are corpora by what is wrong with them. `jobs` is a corpus with two images a class, and a damaged copy of it. `decoy` is a
    folder with other packages `fixtures` and `harness`, which end whatever process imports them.
    """
    give_back_the_largest_only()
    loading = Loading(framework, corpus)
    os.chdir(decoy)
    found: dict[str, Any] = {"prepared_too_late": [each for strategy in (None, *strategies) for each in loading.prepared(strategy)]}
    for way in ("matched", *strategies):
        loading.save_epoch(loading.setup_by_name(way, image_size=EPOCH_IMAGE_SIZE), Path(epochs) / f"{way}.npz")
    found |= {
        "labels": loading.module.labels(loading.setup()),
        "matched": loading.stream(loading.setup(), 3 * EPOCH_BATCHES),
        "again": loading.stream(loading.setup(), EPOCH_BATCHES),
        "restarted": loading.restarted(loading.setup()),
        "larger_than_the_corpus": loading.stream(loading.setup(batch_size=150), 3),
        "stock": loading.stream(loading.setup(Style.STOCK), 3 * EPOCH_BATCHES),
        "stock_larger_than_the_corpus": loading.refusal(loading.setup(Style.STOCK, batch_size=150), Unsupported),
        "together": loading.stream(loading.setup(batch_size=RANKS * BATCH_SIZE), EPOCH_BATCHES // RANKS)["labels"],
        "ranks": {style: loading.epoch_of_ranks(style) for style in (Style.MATCHED, Style.STOCK)},
        "ladder": loading.ladder(),
        "strategies": {each: loading.stream(loading.setup_by_name(each), 3 * EPOCH_BATCHES) for each in strategies},
        "damaged": {kind: refusals(Loading(framework, root), kind, strategies) for kind, root in damaged.items()},
    }
    good, bad = (Job(framework, root) for root in jobs)
    found["job"] = good.labels() | {"damaged": bad.refusal()}
    found["memory_is_kept"] = memory_is_kept()
    found["left_over"] = left_over()
    return found


def refusals(damaged: Loading, kind: str, strategies: list[str]) -> dict[str, str]:
    """What each loader says to a damaged corpus, and the framework's own reader of labels, where it says anything."""
    ways = ["matched", *strategies]
    if kind in RAISED_BY_STOCK:
        ways.append("stock")
    said = {way: damaged.refusal(damaged.setup_by_name(way), CorpusError) for way in ways}
    try:
        damaged.module.labels(damaged.setup())
    except CorpusError as error:
        said["labels"] = str(error)
    return said


def left_over() -> list[str]:
    """Processes of loaders some time after all were closed. The server that they are forked from waits for the next one."""
    gc.collect()  # an error's traceback may hold its pipeline
    own = os.getpid()
    loaders = [each for each in psutil.Process().children(recursive=True) if each.ppid() != own]
    _, alive = psutil.wait_procs(loaders, timeout=DYING_SECONDS)
    return [" ".join(each.cmdline()) for each in alive]
