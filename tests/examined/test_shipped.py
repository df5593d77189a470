"""Faults that are put into the networks that ship: each is found in its layer, with its reason. It takes most of an hour on two cores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from fixtures.models.folder import Folder, find
from harness.frameworks.tape import Walked
from tests.examined import judged, plants_of_shipped, plants_of_shipped_training
from tests.examined.plant import Plant, model
from tests.examined.rounds import INFERENCE, TRAINING, Found, Rounds
from tests.models.proof import Proven, RunIn

pytestmark = pytest.mark.thorough

EQUAL = "trained_encoder"  # the text encoder with a loss and an optimiser of its own, which are what the faults are put into
AT_ONCE = 10  # plants of one process: it has a quarter of an hour
ITEMS = 2  # of the batch: what parts, parts for each
CALIBRATION = "CALIBRATION_IMAGE_SIZE = "  # of ResNet50's weights: at 224 pixels it takes longer than all else
NAMED = 0.95  # the least part of the plants whose reasons are all named
PLANTS = plants_of_shipped.PLANTS | plants_of_shipped_training.PLANTS


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Found:
    def examined(proven: Proven, plants: Mapping[str, Plant], equal: tuple[str, ...] = ()) -> Found:
        rounds = Rounds(run_in, tmp_path_factory.mktemp("shipped"), proven, ITEMS)
        planted = {name: _quickly_calibrated(folder) for name, folder in rounds.planted(plants).items()}
        return rounds.found({name: model(name) for name in equal} | planted, plants)

    found = examined(TRAINING, {}, (EQUAL,))
    for plants in _portions(plants_of_shipped.PLANTS):
        found |= examined(INFERENCE, plants)
    for plants in _portions(plants_of_shipped_training.PLANTS):
        found |= examined(TRAINING, plants)
    return found


def test_the_equal_network_trains_alike(found: Found) -> None:
    walked = found[EQUAL]
    assert isinstance(walked, Walked), walked
    assert [each for each in walked.partings if not each.inherent] == []


@pytest.mark.parametrize("name", PLANTS)
def test_a_fault_is_found_in_its_layer_and_has_no_wrong_reason(found: Found, name: str) -> None:
    plant, walked = PLANTS[name], found[name]
    assert (judged.layer(plant, walked), judged.wrong(plant, walked)) == ("", ""), walked


def test_nearly_each_fault_has_its_reason(found: Found) -> None:
    missed = {name: told for name, plant in PLANTS.items() if (told := judged.reason(plant, found[name]))}
    assert len(missed) <= (1 - NAMED) * len(PLANTS), missed


def _quickly_calibrated(folder: Folder) -> Folder:
    path = folder.root / "weights.py"
    if path.exists():
        path.write_text(path.read_text().replace(f"{CALIBRATION}224", f"{CALIBRATION}64"))
    return find(str(folder.root))


def _portions(plants: Mapping[str, Plant]) -> Iterator[dict[str, Plant]]:
    names = list(plants)
    for begin in range(0, len(names), AT_ONCE):
        yield {name: plants[name] for name in names[begin : begin + AT_ONCE]}
