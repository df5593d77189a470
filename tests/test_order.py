"""The split and the order of the images: the same for every framework, and fair to every class."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.inputs.experiment import Experiment, ExperimentError
from fixtures.inputs.order import epoch, epochs, split


def labelled(classes: int, images: int) -> dict[str, int]:
    return {f"image_{index:05d}.jpg": index % classes for index in range(classes * images)}


@given(st.integers(1, 20), st.integers(2, 30), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_every_class_trains_and_validates_in_its_share(classes: int, images: int, fraction: float, seed: int) -> None:
    experiment = Experiment(name="x", validation_fraction=fraction, seed=seed)
    labels = labelled(classes, images)
    held_back = round(fraction * images)
    if not 0 < held_back < images:
        with pytest.raises(ExperimentError, match=r"leaves class 1, of \d+ images, none for"):
            split(labels, experiment)
        return
    found = split(labels, experiment)
    assert sorted(found.training + found.validation) == sorted(labels)
    for label in range(classes):
        assert sum(labels[name] == label for name in found.validation) == held_back
    assert split(dict(reversed(labels.items())), experiment) == found


def test_what_a_split_without_a_class_says() -> None:
    with pytest.raises(ExperimentError) as refused:
        split(labelled(102, 10), Experiment(name="mine", validation_fraction=0.02))
    assert str(refused.value) == (
        "experiment mine: validation_fraction 0.02 leaves class 1, of 10 images, none for validation: choose it between 0.1 and 0.9"
    )


@given(st.integers(1, 200), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_an_epoch_has_every_image_once(images: int, buffer: int, seed: int) -> None:
    experiment = Experiment(name="x", shuffle_buffer=buffer, seed=seed)
    orders = list(itertools.islice(epochs(images, experiment), 3))
    assert [sorted(order) for order in orders] == 3 * [list(range(images))]
    assert orders == [epoch(images, experiment, number) for number in range(3)]


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = [epoch(100, Experiment(name="x", shuffle_buffer=50, seed=seed), number) for seed in range(3) for number in range(3)]
    assert len({tuple(order) for order in orders}) == 9


@given(st.integers(2, 200), st.integers(1, 50))
def test_an_image_comes_no_earlier_than_the_buffer_lets_it(images: int, buffer: int) -> None:
    order = epoch(images, Experiment(name="x", shuffle_buffer=buffer), 0)
    assert all(image < place + buffer for place, image in enumerate(order))
