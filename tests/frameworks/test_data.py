"""The input pipelines: both frameworks read the same images, make the same pixels, and never end."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from fixtures.corpora import flowers
from fixtures.corpora.batch import canonical_batch
from fixtures.corpora.flowers import Corpus, ImagesPerClass
from fixtures.corpora.images import BatchReader
from harness.phases import ladders
from tests.damaged import DAMAGED_IMAGES, DAMAGED_LABELS, damage
from tests.frameworks.conftest import RunIn
from tests.frameworks.loaded import BATCH_SIZE, EPOCH_BATCHES, EPOCH_IMAGE_SIZE, IMAGE_SIZE, RAISED_BY_STOCK

pytestmark = pytest.mark.slow

FRAMEWORKS = ("pytorch", "tensorflow")
STRATEGIES = {"pytorch": ["own_operations", "workers"], "tensorflow": ["numpy_batches"]}
EXACT = {"pytorch": "matched", "tensorflow": "numpy_batches"}  # by libjpeg-turbo and OpenCV
OWN = {"pytorch": "own_operations", "tensorflow": "matched"}  # by the framework's own decoder and resize
LARGEST_DIFFERENCE = 4e-5  # normalised units, between the frameworks' own operations: both round the place they interpolate at
MEAN_DIFFERENCE = 1e-7  # 6e-8 was seen
LARGEST_ROUNDING = 2e-4  # to the exact ones; 1e-4 was seen: OpenCV rounds that place less
MEAN_ROUNDING = 2e-6
GREY_LEVELS = 2 / 255 / 0.224  # the canonical batch is resized in 8 bits
EPOCH_IMAGES = EPOCH_BATCHES * BATCH_SIZE


class Damaged(NamedTuple):
    """A corpus, its damaged file, and what is said of it."""

    root: Path
    file: Path
    said: str


Found = dict[str, dict[str, Any]]
Epochs = dict[str, dict[str, npt.NDArray[Any]]]  # images and labels by framework


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(1, 1, 1))


@pytest.fixture(scope="module")
def damaged(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Damaged]:
    """Copies that no one has verified, by what is wrong with them."""
    folder = tmp_path_factory.mktemp("damaged")
    found = {}
    for kind in (*DAMAGED_IMAGES, *DAMAGED_LABELS):
        root = Path(shutil.copytree(corpus.root, folder / kind, copy_function=os.link))
        found[kind] = Damaged(root, *damage(root, kind))
    return found


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return flowers.generated(tmp_path_factory.mktemp("job"), lambda *_: None, ImagesPerClass(2, 1, 1))


@pytest.fixture(scope="module")
def damaged_job(job: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Damaged:
    root = Path(shutil.copytree(job.root, tmp_path_factory.mktemp("damaged_job") / "truncated", copy_function=os.link))
    return Damaged(root, *damage(root, "truncated"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("epochs")


@pytest.fixture(scope="module")
def found(
    run_in: RunIn,
    corpus: Corpus,
    damaged: dict[str, Damaged],
    job: Corpus,
    damaged_job: Damaged,
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Found:
    """Of both frameworks, each with a corpus of its own where it looks for what was prepared: the other prepares its own meanwhile."""
    decoy = tmp_path_factory.mktemp("another_checkout")
    for package in ("fixtures", "harness"):
        (decoy / package).mkdir()
        (decoy / package / "__init__.py").write_text("raise SystemExit('the code of another checkout')")
    roots = {kind: str(each.root) for kind, each in damaged.items()}

    def gather(name: str) -> dict[str, Any]:
        (folder / name).mkdir()
        root = shutil.copytree(corpus.root, folder / name / "corpus", copy_function=os.link)
        arguments = (name, str(root), STRATEGIES[name], roots, (job.root, str(damaged_job.root)), str(folder / name), str(decoy))
        return run_in(name, f"import loaded\nresult = loaded.everything(*{arguments!r})")  # type: ignore[no-any-return]

    with ThreadPoolExecutor() as pool:
        return dict(zip(FRAMEWORKS, pool.map(gather, FRAMEWORKS), strict=True))


@pytest.fixture(scope="module")
def exact_epochs(found: Found, folder: Path) -> Epochs:
    return {framework: dict(np.load(folder / framework / f"{way}.npz")) for framework, way in EXACT.items()}


@pytest.fixture(scope="module")
def own_epochs(found: Found, folder: Path) -> Epochs:
    return {framework: dict(np.load(folder / framework / f"{way}.npz")) for framework, way in OWN.items()}


@pytest.fixture(scope="module")
def exact(corpus: Corpus) -> npt.NDArray[np.float32]:
    """The training image of each label, as no framework makes it: there is one a class."""
    labels = flowers.labels(Path(corpus.root), "train")
    paths = [flowers.jpg(Path(corpus.root)) / name for name in sorted(labels, key=labels.__getitem__)]
    return BatchReader(paths, EPOCH_IMAGE_SIZE).read(range(len(paths)))


def flat(batches: list[list[int]]) -> list[int]:
    return [label for batch in batches for label in batch]


def test_both_frameworks_own_operations_make_the_same_batches(own_epochs: Epochs) -> None:
    ours, theirs = (own_epochs[name] for name in FRAMEWORKS)
    assert ours["images"].shape == (EPOCH_IMAGES, EPOCH_IMAGE_SIZE, EPOCH_IMAGE_SIZE, 3)
    assert ours["images"].dtype == theirs["images"].dtype == np.float32
    assert ours["labels"].tolist() == theirs["labels"].tolist()
    difference = np.abs(ours["images"] - theirs["images"])
    assert difference.max() < LARGEST_DIFFERENCE
    assert difference.mean() < MEAN_DIFFERENCE


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_own_operations_are_exact_but_for_rounding(own_epochs: Epochs, exact: npt.NDArray[np.float32], framework: str) -> None:
    epoch = own_epochs[framework]
    difference = np.abs(epoch["images"] - exact[epoch["labels"]])
    assert difference.max() < LARGEST_ROUNDING
    assert difference.mean() < MEAN_ROUNDING


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_by_the_same_library_they_are_exact_to_the_last_bit(
    exact_epochs: Epochs, own_epochs: Epochs, exact: npt.NDArray[np.float32], framework: str
) -> None:
    epoch = exact_epochs[framework]
    assert np.array_equal(epoch["images"], exact[epoch["labels"]])
    assert epoch["labels"].tolist() == own_epochs[framework]["labels"].tolist()


def test_the_canonical_batchs_pixels_are_these_but_for_rounding(corpus: Corpus, exact: npt.NDArray[np.float32]) -> None:
    images, labels = canonical_batch(Path(corpus.root), EPOCH_IMAGE_SIZE, EPOCH_IMAGES)
    assert np.abs(images - exact[labels]).max() < GREY_LEVELS


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
    found_epochs = [labels[start : start + EPOCH_IMAGES] for start in range(0, len(labels), EPOCH_IMAGES)]
    assert [sorted(epoch) for epoch in found_epochs] == 3 * [list(range(102))]
    assert found_epochs[0] != found_epochs[1] != found_epochs[2]


def test_both_read_the_same_images_in_the_same_order(found: Found) -> None:
    assert found["pytorch"]["matched"]["labels"] == found["tensorflow"]["matched"]["labels"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_strategy_reads_the_same_images_in_the_same_order(found: Found, framework: str) -> None:
    for strategy in STRATEGIES[framework]:
        assert found[framework]["strategies"][strategy]["labels"] == found[framework]["matched"]["labels"], strategy
        assert found[framework]["strategies"][strategy]["kinds"] == found[framework]["matched"]["kinds"], strategy


def test_the_ladder_leads_to_the_same_images(found: Found) -> None:
    """Rung by rung each framework's habits go; at the top both have the same images in the same order."""
    ours, theirs = (found[name]["ladder"] for name in FRAMEWORKS)
    assert list(ours) == list(theirs) == ["stock", *ladders.PIPELINE]
    for top in ("order", "allocator", "library", "threads"):
        assert ours[top][1] == theirs[top][1]
        assert np.abs(np.array(ours[top][0]) - np.array(theirs[top][0])).max() < MEAN_ROUNDING
    assert ours["order"] == ours["allocator"] != ours["library"] == ours["threads"]
    assert theirs["order"] == theirs["allocator"] == theirs["library"] == theirs["threads"]
    assert np.array(ours["resize"][0]).max() <= 1.0 < np.array(theirs["resize"][0]).max()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_order_follows_the_seed(found: Found, framework: str) -> None:
    assert found[framework]["again"]["labels"] == found[framework]["matched"]["labels"][:EPOCH_BATCHES]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_restart_begins_anew(found: Found, framework: str) -> None:
    assert found[framework]["restarted"] == 2 * [found[framework]["matched"]["labels"][1]]


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


@pytest.mark.parametrize("kind", DAMAGED_IMAGES)
def test_a_damaged_image_is_named_by_every_loader_alike(found: Found, damaged: dict[str, Damaged], kind: str) -> None:
    root, file, said = damaged[kind]
    wanted = f"no complete colour JPEG: {file} ({said}). Delete the folder {root}: it is drawn anew"
    told_by_stock = ["stock"] if kind in RAISED_BY_STOCK else []
    assert {framework: found[framework]["damaged"][kind] for framework in FRAMEWORKS} == {
        framework: dict.fromkeys(("matched", *STRATEGIES[framework], *told_by_stock), wanted) for framework in FRAMEWORKS
    }


@pytest.mark.parametrize("kind", DAMAGED_LABELS)
def test_a_label_file_of_the_wrong_length_is_named_by_every_loader_alike(found: Found, damaged: dict[str, Damaged], kind: str) -> None:
    """Not by stock, which reads none: its folders and its records were made of a corpus that was checked."""
    root, file, said = damaged[kind]
    wanted = f"{file} {said}. Delete the folder {root}: it is drawn anew"
    assert {framework: found[framework]["damaged"][kind] for framework in FRAMEWORKS} == {
        framework: dict.fromkeys(("matched", *STRATEGIES[framework], "labels"), wanted) for framework in FRAMEWORKS
    }


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_jobs_epochs_are_whole_batches_and_its_validation_is_every_image(found: Found, framework: str) -> None:
    training, validation = (found[framework]["job"][name] for name in ("training", "validation"))
    assert [[len(batch) for batch in epoch] for epoch in training] == 2 * [5 * [20]]
    assert [[len(batch) for batch in epoch] for epoch in validation] == 2 * [[*5 * [20], 2]]
    assert training[0] != training[1]
    assert [len(set(flat(epoch))) for epoch in training] == [100, 100]
    assert sorted(flat(validation[0])) == list(range(102))
    assert validation[0] == validation[1]


def test_both_frameworks_jobs_have_the_same_images_in_the_same_order(found: Found) -> None:
    ours, theirs = (found[name]["job"] for name in FRAMEWORKS)
    assert (ours["training"], ours["validation"]) == (theirs["training"], theirs["validation"])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_job_names_a_damaged_image_too(found: Found, damaged_job: Damaged, framework: str) -> None:
    root, file, said = damaged_job
    assert found[framework]["job"]["damaged"] == f"no complete colour JPEG: {file} ({said}). Delete the folder {root}: it is drawn anew"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_parts_of_all_ranks_are_the_batches_of_one_process(found: Found, framework: str) -> None:
    together = [first + second for first, second in zip(*found[framework]["ranks"]["matched"], strict=True)]
    assert together == found[framework]["together"]


@pytest.mark.parametrize("style", ["matched", "stock"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_ranks_take_each_image_once_an_epoch(found: Found, framework: str, style: str) -> None:
    """The corpus has one of each class."""
    taken = [label for rank in found[framework]["ranks"][style] for batch in rank for label in batch]
    assert sorted(taken) == list(range(EPOCH_IMAGES))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_all_is_prepared_before_a_pipeline_is_built(found: Found, framework: str) -> None:
    assert found[framework]["prepared_too_late"] == []


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_memory_stays_kept(found: Found, framework: str) -> None:
    assert found[framework]["memory_is_kept"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_nothing_is_left_over(found: Found, framework: str) -> None:
    assert found[framework]["left_over"] == []
