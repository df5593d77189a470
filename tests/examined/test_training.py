"""Faults that training alone shows: each is planted, and its place and its reason are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.frameworks.tape import Walked
from harness.record.parting import Part
from tests.examined import judged
from tests.examined.plant import model
from tests.examined.plants_of_training import PLANTS
from tests.examined.rounds import TRAINING, Rounds

EQUAL = ("trained", "words", "fitted")


@pytest.fixture(scope="module")
def found(run_in: Callable[[str, str], Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Walked | str]:
    rounds = Rounds(run_in, tmp_path_factory.mktemp("trained"), TRAINING)
    return rounds.found({name: model(name) for name in EQUAL} | rounds.planted(PLANTS), PLANTS)


@pytest.mark.parametrize("name", EQUAL)
def test_equal_networks_train_alike(found: dict[str, Walked | str], name: str) -> None:
    walked = found[name]
    assert isinstance(walked, Walked), walked
    assert [each for each in walked.partings if not each.inherent] == []


def test_what_no_setting_can_make_alike_is_told_as_that(found: dict[str, Walked | str]) -> None:
    walked = found["trained"]
    assert isinstance(walked, Walked), walked
    (inherent,) = walked.partings
    assert (inherent.layer, inherent.part, inherent.reasons[0].entry) == ("norm", Part.STATISTICS, "unbiased_variance")


@pytest.mark.parametrize("name", PLANTS)
def test_a_fault_of_training_is_named_with_its_place_and_reason(found: dict[str, Walked | str], name: str) -> None:
    plant, walked = PLANTS[name], found[name]
    assert (judged.layer(plant, walked), judged.reason(plant, walked), judged.wrong(plant, walked)) == ("", "", ""), walked
