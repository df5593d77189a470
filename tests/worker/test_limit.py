"""The machine's limit: asked for and made between two fences, and never in between."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fixtures.corpora import flowers, order
from fixtures.corpora.flowers import Corpus, ImagesPerClass
from fixtures.corpora.images import BatchReader, ImageError, ImageReader
from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.worker.timing import limit
from harness.worker.timing.fence import check_fence
from harness.worker.timing.limit import BATCHES_IN_MEMORY, Limit
from harness.worker.timing.step import timed_step

BATCH_SIZE = 6
SIZE = 32


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(1, 1, 1))


@pytest.fixture
def setup(corpus: Corpus) -> Setup:
    case = Case(framework="any", phase="data_pipeline", workload=Workload.LOADING, style=Style.MATCHED, batch_size=BATCH_SIZE)
    experiment = Experiment(name="test", image_size=SIZE, shuffle_buffer=40, seed=3)
    return setup_of(case, experiment, model=find(DEFAULT), corpus=corpus.root, threads=2)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, npt.NDArray[np.float32]]]:
    """Files and images in the order in which they were made."""
    made: list[tuple[Path, npt.NDArray[np.float32]]] = []

    class Recording(ImageReader):
        def read(self, path: Path, image: npt.NDArray[np.float32]) -> None:
            super().read(path, image)
            made.append((path, image.copy()))

    monkeypatch.setattr(limit, "ImageReader", Recording)
    return made


def test_all_that_was_asked_for_is_made_in_the_pipelines_order_and_right(
    setup: Setup, made: list[tuple[Path, npt.NDArray[np.float32]]]
) -> None:
    work, files = Limit(setup), setup.training_files()
    first = next(order.epochs(len(files.paths), setup.experiment))[: 4 * BATCH_SIZE]
    for _ in range(2):
        work.step()
        work.step()
        work.fence()
    assert sorted(path for path, _ in made) == sorted(files.paths[index] for index in first)
    exact = dict(zip((files.paths[index] for index in first), BatchReader(files.paths, SIZE).read(first), strict=True))
    assert all(np.array_equal(image, exact[path]) for path, image in made)
    work.close()


def test_what_is_read_back_is_of_the_batch_asked_for_last(setup: Setup) -> None:
    work, files = Limit(setup), setup.training_files()
    epoch = next(order.epochs(len(files.paths), setup.experiment))
    for step in range(BATCHES_IN_MEMORY + 2):
        work.step()
        work.fence()
        (image,) = BatchReader(files.paths, SIZE).read([epoch[step * BATCH_SIZE]])
        assert work.read_back() == image.flat[0]
    work.close()


def test_nothing_runs_between_a_fence_and_the_next(setup: Setup, made: list[tuple[Path, npt.NDArray[np.float32]]]) -> None:
    work = Limit(setup)
    work.step()
    work.fence()
    assert len(made) == BATCH_SIZE
    work.step()
    busy, start = time.process_time(), time.perf_counter()
    time.sleep(0.2)
    assert len(made) == BATCH_SIZE, "asking is not making"
    assert time.process_time() - busy < 0.1 * (time.perf_counter() - start)
    work.fence()
    assert len(made) == 2 * BATCH_SIZE
    work.close()


def test_its_fence_waits(setup: Setup) -> None:
    work = Limit(setup)
    check_fence(work, timed_step(work))
    work.close()


def test_an_epoch_is_followed_by_the_next(setup: Setup, made: list[tuple[Path, npt.NDArray[np.float32]]]) -> None:
    work = Limit(setup)
    images = len(setup.training_files().paths)
    for _ in range(2 * images // BATCH_SIZE):
        work.step()
        work.fence()
    assert len(made) == 2 * images
    assert {sum(path == each for path, _ in made) for each in setup.training_files().paths} == {2}
    work.close()


def test_an_image_that_cannot_be_read_is_named(setup: Setup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    work = Limit(setup)
    spoilt = tmp_path / "spoilt.jpg"
    spoilt.write_bytes(b"")
    monkeypatch.setattr(work, "_paths", [spoilt] * 102)
    work.step()
    with pytest.raises(ImageError, match=r"spoilt\.jpg"):
        work.fence()
    work.close()


def test_its_threads_end_with_it(setup: Setup) -> None:
    def threads() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if each.name.startswith("limit")}

    before, work = threads(), Limit(setup)
    timed_step(work)
    assert threads() > before
    work.close()
    assert threads() == before
