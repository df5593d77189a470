"""What a framework's input pipelines give. Runs in the framework's interpreter; knows it by its contract alone."""

from __future__ import annotations

import gc
import importlib
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil

from fixtures.case import Case, Phase, Style, Workload
from fixtures.fairness import PIPELINE_LADDER
from fixtures.frameworks import FRAMEWORKS
from fixtures.frameworks.contract import Framework, Setup, Unsupported
from fixtures.inputs import flowers
from fixtures.inputs.experiment import Experiment
from fixtures.inputs.flowers import CorpusError

IMAGE_SIZE = 64
BATCH_SIZE = 17  # six batches are the 102 training images of the tiny corpus
EPOCH_BATCHES = 6
DYING_SECONDS = 20.0  # at most: a loader's processes end on their own once nobody asks them for more


class Loading:
    def __init__(self, framework: str, corpus: str) -> None:
        self.name = framework
        self.module: Framework = importlib.import_module(FRAMEWORKS[framework].module)  # type: ignore[assignment]
        self.corpus = corpus

    def setup(self, style: Style = Style.MATCHED, batch_size: int = BATCH_SIZE, shuffle_buffer: int = 40) -> Setup:
        case = Case(self.name, Phase.DATA_PIPELINE, Workload.LOADING, style, batch_size)
        experiment = Experiment(name="test", image_size=IMAGE_SIZE, shuffle_buffer=shuffle_buffer, seed=3)
        return Setup(case=case, experiment=experiment, corpus=self.corpus, weights="", threads=2, dropout=0.0)

    def prepared(self) -> list[str]:
        """What there was to prepare after the device was opened: files and processes that came with the first pipeline."""
        setup = self.setup()
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
        for rung in (None, *PIPELINE_LADDER):
            setup = self.setup()
            case = msgspec.structs.replace(setup.case, style=Style.LADDER, rung=rung)
            pipeline = self.module.pipeline(msgspec.structs.replace(setup, case=case))
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

    def refusal(self, setup: Setup, error: type[Exception]) -> str:
        """What taking batches raises."""
        try:
            self.stream(setup, EPOCH_BATCHES)
        except error as raised:
            return str(raised)
        return ""


def everything(framework: str, corpus: str, damaged: str, pixels_file: str, decoy: str) -> dict[str, Any]:
    """All checks in one start of the interpreter. Pixels of all training files go to `pixels_file`, by the order of their names.

    `decoy` is a folder with another package `fixtures`, which ends whatever process imports it.
    """
    loading, damage = Loading(framework, corpus), Loading(framework, damaged)
    os.chdir(decoy)
    prepared = loading.prepared()
    labels = loading.module.labels(loading.setup())
    files = [flowers.jpg(Path(corpus)) / name for name in sorted(labels)]
    np.save(pixels_file, loading.module.pixels(files, IMAGE_SIZE))
    found = {
        "prepared_too_late": prepared,
        "labels": labels,
        "matched": loading.stream(loading.setup(), 3 * EPOCH_BATCHES),
        "again": loading.stream(loading.setup(), EPOCH_BATCHES),
        "larger_than_the_corpus": loading.stream(loading.setup(batch_size=150), 3),
        "stock": loading.stream(loading.setup(Style.STOCK), 3 * EPOCH_BATCHES),
        "stock_larger_than_the_corpus": loading.refusal(loading.setup(Style.STOCK, batch_size=150), Unsupported),
        "ladder": loading.ladder(),
        "damaged_matched": damage.refusal(damage.setup(), CorpusError),
        "damaged_stock": damage.refusal(damage.setup(Style.STOCK), CorpusError),
        "damaged_pixels": damaged_pixels(damage),
    }
    found["left_over"] = left_over()
    return found


def damaged_pixels(damage: Loading) -> list[str]:
    """What `pixels` says to each file that it refuses."""
    said = []
    for file in sorted(flowers.jpg(Path(damage.corpus)).iterdir()):
        try:
            damage.module.pixels([file], IMAGE_SIZE)
        except CorpusError as error:
            said.append(str(error))
    return said


def left_over() -> list[str]:
    """Processes of loaders some time after all were closed. The server that they are forked from waits for the next one."""
    gc.collect()  # an error's traceback may hold its pipeline
    own = os.getpid()
    loaders = [each for each in psutil.Process().children(recursive=True) if each.ppid() != own]
    _, alive = psutil.wait_procs(loaders, timeout=DYING_SECONDS)
    return [" ".join(each.cmdline()) for each in alive]
