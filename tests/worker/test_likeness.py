"""How far a pipeline's images are from the exact ones, whatever its order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fixtures.corpora import flowers
from fixtures.corpora.flowers import ImagesPerClass
from fixtures.corpora.images import BatchReader
from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.phases.data_pipeline.likeness import IMAGES, Likeness
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload

SIZE = 32


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    corpus = flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(2, 1, 1))
    case = Case(framework="any", phase="data_pipeline", workload=Workload.LOADING, style=Style.MATCHED, batch_size=IMAGES)
    return setup_of(case, Experiment(name="test", image_size=SIZE), model=find(DEFAULT), corpus=corpus.root)


@pytest.fixture
def batch(setup: Setup) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Every twelfth training image."""
    files = setup.training_files()
    chosen = range(0, 12 * IMAGES, 12)
    return BatchReader(files.paths, SIZE).read(chosen), np.array([files.labels[index] for index in chosen])


def test_exact_images_are_no_way_off(setup: Setup, batch: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]) -> None:
    assert Likeness.of(*batch, setup) == Likeness(0.0, 0.0)


def test_a_difference_is_the_largest_and_the_mean_of_all_values(
    setup: Setup, batch: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]
) -> None:
    images, labels = batch
    images = images.copy()
    images[IMAGES - 1] += 0.02
    images[0, 3, 4, 1] -= 0.5
    found = Likeness.of(images, labels, setup)
    assert found.largest == pytest.approx(0.5, abs=1e-5)
    assert found.mean == pytest.approx((0.02 + 0.5 / images[0].size) / IMAGES, rel=1e-3)


def test_an_image_of_another_class_is_far_off(setup: Setup, batch: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]) -> None:
    images, labels = batch
    found = Likeness.of(images, (labels + 1) % 102, setup)
    assert found.mean > 0.1
    assert found.largest > 1.0


def test_only_the_first_images_are_compared(setup: Setup, batch: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]) -> None:
    images, labels = batch
    more = np.concatenate([images, np.zeros_like(images)]), np.concatenate([labels, labels])
    assert Likeness.of(*more, setup) == Likeness(0.0, 0.0)


def test_nan_does_not_pass_for_likeness(setup: Setup, batch: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]) -> None:
    images, labels = batch
    images = images.copy()
    images[2, 0, 0, 0] = np.nan
    found = Likeness.of(images, labels, setup)
    assert np.isnan([found.largest, found.mean]).all()
