"""The count of FLOP an item: by hand for networks of a few layers, and ResNet50's, which are known from its architecture."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn

Counts = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def counts(run_in: RunIn) -> Counts:
    found: Counts = run_in("pytorch", "import described\nresult = described.counts()")
    return found


@pytest.mark.parametrize(
    ("size", "hidden", "expected"),
    [
        (224, 128, {"inference": 8_174_822_912, "frozen": 8_175_399_424, "full": 24_288_440_832}),
        (64, 512, {"inference": 669_489_152, "frozen": 671_795_200, "full": 1_989_199_872}),
    ],
)
def test_resnet50s_is_known_to_the_digit(counts: Counts, size: int, hidden: int, expected: dict[str, Any]) -> None:
    """Figures of runs from before the count was torch's stay comparable."""
    assert counts[f"resnet50 {size} {hidden}"] == {"loading": 0} | expected


def test_dense_layers(counts: Counts) -> None:
    first, last = 2 * 5 * 4, 2 * 4 * 3
    assert counts["dense"] == {
        "loading": 0,
        "inference": first + last,
        "frozen": first + 2 * last,  # the gradient of the last one's weight, and of nothing before it
        "full": 2 * first + 3 * last,  # nobody asks for the gradient of what the network is given
    }


def test_attention_is_its_matrix_products(counts: Counts) -> None:
    places, features = 3, 8
    projections = 2 * places * features * 4 * features
    scores_and_sums = 2 * (2 * places * places * features)
    head = 2 * features * 3
    assert counts["attention"]["inference"] == projections + scores_and_sums + head
    of_inputs = 2 * places * features * 3 * features  # whose gradient nobody asks for
    assert counts["attention"]["full"] == 3 * counts["attention"]["inference"] - of_inputs


def test_a_recurrent_layer_is_its_matrix_products(counts: Counts) -> None:
    steps, inputs, units = 5, 3, 4
    entering, recurring, head = (2 * steps * inputs * 4 * units, 2 * steps * units * 4 * units, 2 * units * 3)
    assert counts["lstm"]["inference"] == entering + recurring + head
    of_first_state = recurring // steps  # zeros, and no gradient of them is asked for
    assert counts["lstm"]["full"] == 2 * entering + 3 * recurring - of_first_state + 3 * head


def test_a_grouped_convolution_counts_its_groups_in_training_too(counts: Counts) -> None:
    """torch counts the gradient of its weight as if there were one group."""
    pointwise, depthwise, head = 2 * 64 * 3 * 8, 2 * 64 * 8 * 9, 2 * 512 * 3
    assert counts["depthwise"]["inference"] == pointwise + depthwise + head
    assert counts["depthwise"]["full"] == 2 * pointwise + 3 * (depthwise + head)


def test_a_transposed_convolution_counts_the_places_of_its_input(counts: Counts) -> None:
    pointwise, transposed, head = 2 * 64 * 3 * 4, 2 * 64 * 4 * 6 * 9, 2 * 1734 * 3
    assert counts["transposed"]["inference"] == pointwise + transposed + head
    assert counts["transposed"]["full"] == 2 * pointwise + 3 * (transposed + head)


def test_a_model_that_trains_no_part_has_no_such_workload(counts: Counts) -> None:
    assert counts["attention"].keys() == {"loading", "inference", "full"}
