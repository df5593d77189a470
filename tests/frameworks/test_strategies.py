"""The strategies of the input pipelines: each gives the images of all others, but for what its line says, and leaves nothing behind."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fixtures.corpora import flowers, order
from fixtures.corpora.flowers import Corpus, ImagesPerClass
from harness.frameworks import FRAMEWORKS
from harness.phases.data_pipeline.likeness import Likeness
from tests.frameworks.conftest import RunIn
from tests.frameworks.loaded import BATCH_SIZE, EPOCH_BATCHES, IMAGE_SIZE
from tests.frameworks.strategic import EPOCHS, EXPERIMENT

pytestmark = pytest.mark.slow

EPOCH_IMAGES = EPOCH_BATCHES * BATCH_SIZE
STRATEGIES = [(framework, name) for framework, listing in FRAMEWORKS.items() for name in listing.strategies]

# What the line of a strategy in the listing tells its reader where it is not as the others.
OTHER_PIXELS = "other pixels"
OWN_ORDER = "order its own"

EXACT = Likeness(largest=1e-4, mean=1e-6)
OTHER = Likeness(largest=1.5, mean=0.1)  # antialiased to a seventh of its size each pixel is a mean of many, not of four; some in 8 bits
UNEVEN = {"webdataset"}  # each worker repeats its own shards, and one has more images than another
ONLY_ON_A_GPU = {"pinned"}
PACKAGES = {
    "pytorch": {"torchcodec": "torchcodec", "torchdata_nodes": "torchdata", "spdl": "spdl", "grain": "grain", "webdataset": "webdataset"},
    "tensorflow": {"array_record": "array_record"},
}

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return flowers.generated(tmp_path_factory.mktemp("corpus"), lambda *_: None, ImagesPerClass(1, 1, 1))


@pytest.fixture(scope="module")
def found(run_in: RunIn, corpus: Corpus) -> Found:
    def gather(name: str) -> dict[str, Any]:
        return run_in(
            name, f"from tests.frameworks import strategic\nresult = strategic.everything({name!r}, {corpus.root!r}, {PACKAGES[name]!r})"
        )

    with ThreadPoolExecutor() as pool:
        return dict(zip(FRAMEWORKS, pool.map(gather, FRAMEWORKS), strict=True))


@pytest.fixture
def strategy(found: Found, framework: str, name: str) -> dict[str, Any]:
    """What was found of it. One that this machine cannot do says why, and is one of those that may."""
    of = found[framework]["strategies"][name]
    if "unsupported" in of:
        assert name in ONLY_ON_A_GPU
        assert "no GPU" in of["unsupported"]
        pytest.skip(of["unsupported"])
    return of


each_strategy = pytest.mark.parametrize(("framework", "name"), STRATEGIES)


@pytest.fixture
def line(framework: str, name: str) -> str:
    return FRAMEWORKS[framework].strategies[name]


@pytest.fixture(scope="module")
def in_order(corpus: Corpus) -> list[int]:
    """Labels in the order of every framework. One training image a class: a label is an image."""
    labels = list(flowers.labels(Path(corpus.root), "train").values())
    epochs = order.epochs(len(labels), EXPERIMENT)
    return [labels[index] for index in itertools.chain.from_iterable(itertools.islice(epochs, EPOCHS + 1))]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_listing_has_what_the_module_has(found: Found, framework: str) -> None:
    assert found[framework]["names"] == list(FRAMEWORKS[framework].strategies)


@each_strategy
def test_every_batch_has_one_shape(strategy: dict[str, Any]) -> None:
    assert strategy["kinds"] == [[[BATCH_SIZE, IMAGE_SIZE, IMAGE_SIZE, 3], "float32", [BATCH_SIZE], "int64"]]


@each_strategy
def test_each_epoch_has_each_image(strategy: dict[str, Any], name: str) -> None:
    labels = [label for batch in strategy["labels"] for label in batch]
    epochs = [labels[start : start + EPOCH_IMAGES] for start in range(0, EPOCHS * EPOCH_IMAGES, EPOCH_IMAGES)]
    assert len(labels) > EPOCHS * EPOCH_IMAGES
    assert set(labels) == set(range(102))
    if name not in UNEVEN:
        assert [sorted(epoch) for epoch in epochs] == EPOCHS * [list(range(102))]


@each_strategy
def test_the_order_is_that_of_all_others_or_the_line_says_so(strategy: dict[str, Any], in_order: list[int], line: str) -> None:
    labels = [label for batch in strategy["labels"] for label in batch]
    assert (labels == in_order[: len(labels)]) is (OWN_ORDER not in line)


@each_strategy
def test_the_pixels_are_the_exact_ones_or_the_line_says_so(strategy: dict[str, Any], line: str) -> None:
    likeness = Likeness(strategy["largest"], strategy["mean"])
    exact = likeness.largest < EXACT.largest and likeness.mean < EXACT.mean
    assert exact is (OTHER_PIXELS not in line), likeness
    assert likeness.largest < OTHER.largest
    assert likeness.mean < OTHER.mean


@each_strategy
def test_a_restart_begins_anew(strategy: dict[str, Any], line: str) -> None:
    if OWN_ORDER in line:
        assert len(strategy["again"]) == BATCH_SIZE
    else:
        assert strategy["again"] == strategy["labels"][0]


@each_strategy
def test_nothing_is_left_over(strategy: dict[str, Any]) -> None:
    assert strategy["left_over"] == []


@each_strategy
def test_the_threads_of_this_process_stay_as_they_were(strategy: dict[str, Any]) -> None:
    assert strategy["environment_is_as_it_was"]


@each_strategy
def test_the_memory_stays_kept(strategy: dict[str, Any]) -> None:
    """For whatever the process does next, and without `matched`'s settings, which the ladder's lower rungs do not have."""
    assert strategy["memory_is_kept"]


def test_a_dataset_from_a_generator_ends_that(run_in: RunIn) -> None:
    """Why no strategy has one. Should this fail, TensorFlow does it no more."""
    code = """
from tests.frameworks import kept
kept.give_back_the_largest_only()
import tensorflow as tf
result = [kept.memory_is_kept()]
next(iter(tf.data.Dataset.from_generator(lambda: iter([1]), output_signature=tf.TensorSpec((), tf.int64))))
result.append(kept.memory_is_kept())
"""
    assert run_in("tensorflow", code) == [True, False]


@pytest.mark.parametrize(("framework", "name"), [(framework, name) for framework in FRAMEWORKS for name in PACKAGES[framework]])
def test_a_missing_package_is_named(found: Found, framework: str, name: str) -> None:
    said = found[framework]["refusals"][name]
    assert said == f"{PACKAGES[framework][name]} is not installed: pip install -e '.[{framework}]'"
