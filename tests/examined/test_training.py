"""Faults that training alone shows: each is planted, and its place and its reason are named."""

from __future__ import annotations

import pytest

from harness.frameworks.tape import Walked
from harness.record.parting import Part
from tests.examined import judged
from tests.examined.plant import model
from tests.examined.plants_of_training import PLANTS
from tests.examined.rounds import TRAINING, Found, Rounds
from tests.models.proof import RunIn

EQUAL = ("trained", "words", "fitted")


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Found:
    rounds = Rounds(run_in, tmp_path_factory.mktemp("trained"), TRAINING)
    return rounds.found({name: model(name) for name in EQUAL} | rounds.planted(PLANTS), PLANTS)


@pytest.mark.parametrize("name", EQUAL)
def test_equal_networks_train_alike(found: Found, name: str) -> None:
    walked = found[name]
    assert isinstance(walked, Walked), walked
    assert [each for each in walked.partings if not each.inherent] == []


def test_what_no_setting_can_make_alike_is_told_as_that(found: Found) -> None:
    walked = found["trained"]
    assert isinstance(walked, Walked), walked
    (inherent,) = walked.partings
    assert (inherent.layer, inherent.part, inherent.reasons[0].entry) == ("norm", Part.STATISTICS, "unbiased_variance")


@pytest.mark.parametrize("name", PLANTS)
def test_a_fault_of_training_is_named_with_its_place_and_reason(found: Found, name: str) -> None:
    plant, walked = PLANTS[name], found[name]
    assert (judged.layer(plant, walked), judged.reason(plant, walked), judged.wrong(plant, walked)) == ("", "", ""), walked
