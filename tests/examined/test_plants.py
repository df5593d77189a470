"""Faults that are put into models: each is found in its layer, with its reason; networks that are equal part nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.frameworks.tape import Walked
from tests.examined import judged, plants_of_images, plants_of_sequences
from tests.examined.plant import Plant, equal, model
from tests.examined.rounds import Found, Rounds
from tests.models.proof import RunIn

pytestmark = [pytest.mark.slow, pytest.mark.early]

PLANTS = plants_of_images.PLANTS | plants_of_sequences.PLANTS
NAMED = 0.95  # the least part of the plants whose reasons are all named

Judge = Callable[[Plant, Walked | str], str]


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Found:
    rounds = Rounds(run_in, tmp_path_factory.mktemp("examined"))
    return rounds.found({name: model(name) for name in equal()} | rounds.planted(PLANTS), PLANTS)


@pytest.mark.parametrize("name", equal())
def test_equal_networks_part_nowhere(found: Found, name: str) -> None:
    walked = found[name]
    assert isinstance(walked, Walked), walked
    assert walked.points
    assert walked.partings == ()
    assert walked.notes == ()


def test_each_fault_is_found_in_its_layer(found: Found) -> None:
    assert _told(judged.layer, found) == {}


def test_nearly_each_fault_has_its_reason(found: Found) -> None:
    missed = _told(judged.reason, found)
    assert len(missed) <= (1 - NAMED) * len(PLANTS), missed


def test_no_fault_has_a_reason_that_was_not_planted(found: Found) -> None:
    assert _told(judged.wrong, found) == {}


def _told(judge: Judge, found: Found) -> dict[str, str]:
    """What is wrong, by the names of the plants."""
    return {name: told for name, plant in PLANTS.items() if (told := judge(plant, found[name]))}
