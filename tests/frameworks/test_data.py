"""The input pipelines: both frameworks read the same images, make the same pixels, and never end."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures.case import Case, Phase, Style, Workload
from fixtures.frameworks.contract import Setup
from fixtures.inputs import flowers
from fixtures.inputs.batch import canonical_batch
from fixtures.inputs.experiment import Experiment
from fixtures.inputs.flowers import Corpus, ImagesPerClass
from tests.frameworks.conftest import RunIn
from tests.frameworks.loaded import BATCH_SIZE, EPOCH_BATCHES, IMAGE_SIZE

FRAMEWORKS = ("pytorch", "tensorflow")
PIXELS_TOLERANCE = 1e-5  # normalised units; both round the place they interpolate at: at 224 pixels 4e-5 was seen, 2e-8 on average
GREY_LEVELS = 2 / 255 / 0.224  # the canonical batch is resized in 8 bits

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(1, 1, 1))


@pytest.fixture(scope="module")
def bad_files(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A truncated and an empty training image, in a copy of the corpus that no one has verified."""
    root = Path(shutil.copytree(corpus.root, tmp_path_factory.mktemp("damaged") / corpus.name))
    names = sorted(flowers.labels(root, "train"))[10:12]
    for name, keep in zip(names, (0.5, 0.0), strict=True):
        for path in root.rglob(name):
            os.truncate(path, int(path.stat().st_size * keep))
    return [flowers.jpg(root) / name for name in names]


@pytest.fixture(scope="module")
def found(run_in: RunIn, corpus: Corpus, bad_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder, decoy = tmp_path_factory.mktemp("pixels"), tmp_path_factory.mktemp("another_checkout")
    (decoy / "fixtures").mkdir()
    (decoy / "fixtures" / "__init__.py").write_text("raise SystemExit('the code of another checkout')")
    damaged = str(bad_files[0].parents[2])

    def gather(name: str) -> dict[str, Any]:
        pixels = str(folder / f"{name}.npy")
        code = f"import loaded\nresult = loaded.everything({name!r}, {corpus.root!r}, {damaged!r}, {pixels!r}, {str(decoy)!r})"
        return run_in(name, code) | {"pixels": np.load(pixels)}

    with ThreadPoolExecutor() as pool:
        return dict(zip(FRAMEWORKS, pool.map(gather, FRAMEWORKS), strict=True))


def flat(batches: list[list[int]]) -> list[int]:
    return [label for batch in batches for label in batch]


def test_both_make_the_same_pixels(found: Found) -> None:
    ours, theirs = (found[name]["pixels"] for name in FRAMEWORKS)
    assert ours.shape == (EPOCH_BATCHES * BATCH_SIZE, IMAGE_SIZE, IMAGE_SIZE, 3)
    assert ours.dtype == theirs.dtype == np.float32
    assert np.abs(ours - theirs).max() < PIXELS_TOLERANCE


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_pixels_are_the_canonical_batchs_but_for_rounding(found: Found, corpus: Corpus, framework: str) -> None:
    case = Case(framework, Phase.TRAIN_STEP, Workload.FULL, Style.MATCHED, EPOCH_BATCHES * BATCH_SIZE)
    setup = Setup(case, Experiment(name="test", image_size=IMAGE_SIZE), corpus.root, "", threads=1, dropout=0.0)
    assert np.abs(found[framework]["pixels"] - canonical_batch(setup)[0]).max() < GREY_LEVELS


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_labels_are_the_corpus(found: Found, corpus: Corpus, framework: str) -> None:
    assert found[framework]["labels"] == flowers.labels(Path(corpus.root), "train")


@pytest.mark.parametrize("style", ["matched", "stock"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_batch_has_one_shape(found: Found, framework: str, style: str) -> None:
    assert found[framework][style]["kinds"] == [[[BATCH_SIZE, IMAGE_SIZE, IMAGE_SIZE, 3], "float32", [BATCH_SIZE], "int64"]]


@pytest.mark.parametrize("style", ["matched", "stock"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_epoch_has_each_image_once_in_an_order_of_its_own(found: Found, framework: str, style: str) -> None:
    labels = flat(found[framework][style]["labels"])  # one training image a class: a label is an image
    size = EPOCH_BATCHES * BATCH_SIZE
    epochs = [labels[start : start + size] for start in range(0, len(labels), size)]
    assert [sorted(epoch) for epoch in epochs] == 3 * [list(range(102))]
    assert epochs[0] != epochs[1] != epochs[2]


def test_both_read_the_same_images_in_the_same_order(found: Found) -> None:
    assert found["pytorch"]["matched"]["labels"] == found["tensorflow"]["matched"]["labels"]


def test_the_ladder_leads_to_the_same_images(found: Found) -> None:
    """Rung by rung each framework's habits go; at the top both have the same pixels in the same order."""
    ours, theirs = (found[name]["ladder"] for name in FRAMEWORKS)
    assert list(ours) == list(theirs) == ["stock", "workers", "decoder", "resize", "normalisation", "order", "threads"]
    for top in ("order", "threads"):
        assert ours[top][1] == theirs[top][1]
        assert np.abs(np.array(ours[top][0]) - np.array(theirs[top][0])).max() < PIXELS_TOLERANCE
    assert np.array(ours["resize"][0]).max() <= 1.0 < np.array(theirs["resize"][0]).max()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_order_follows_the_seed(found: Found, framework: str) -> None:
    assert found[framework]["again"]["labels"] == found[framework]["matched"]["labels"][:EPOCH_BATCHES]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_batch_larger_than_the_corpus(found: Found, framework: str) -> None:
    assert [len(batch) for batch in found[framework]["larger_than_the_corpus"]["labels"]] == [150, 150, 150]
    assert found[framework]["stock_larger_than_the_corpus"] == "a batch of 150 is more than the 102 training images"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_stock_images_are_each_frameworks_own(found: Found, framework: str) -> None:
    lowest, highest = {"pytorch": (0.0, 1.0), "tensorflow": (-124.0, 152.0)}[framework]
    low, high = found[framework]["stock"]["range"]
    assert lowest <= low < high <= highest
    assert high - low > 0.4 * (highest - lowest)


@pytest.mark.parametrize("style", ["matched", "stock"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_images_that_cannot_be_decoded_are_named(found: Found, bad_files: list[Path], framework: str, style: str) -> None:
    said = found[framework][f"damaged_{style}"]
    assert [str(file) in said for file in bad_files] == [True, True], said
    assert "Delete the folder" in said


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_pixels_of_a_file_that_cannot_be_decoded(found: Found, bad_files: list[Path], framework: str) -> None:
    said = found[framework]["damaged_pixels"]
    assert [str(file) in each for file, each in zip(bad_files, said, strict=True)] == [True, True]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_all_is_prepared_before_a_pipeline_is_built(found: Found, framework: str) -> None:
    assert found[framework]["prepared_too_late"] == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_nothing_is_left_over(found: Found, framework: str) -> None:
    assert found[framework]["left_over"] == []
