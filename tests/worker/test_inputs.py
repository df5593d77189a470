"""Weights and what is known of them: made once, from what they follow from, and taken to other machines."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures.experiments.experiment import Experiment
from fixtures.models.description import ModelError
from fixtures.models.folder import Folder
from fixtures.models.weights import WeightsError, load
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.worker.inputs import canonical_weights, given, taken
from harness.worker.protocol import MadeWeights, MakeWeights, TakeWeights
from tests.stand_in import original
from tests.stand_in.model import MODEL, write_model

CASE = Case(framework="any", phase="train_step", workload=Workload.FULL, style=Style.MATCHED, batch_size=8, model="reader")


@pytest.fixture(autouse=True)
def _nothing_was_asked() -> None:
    original.ASKED.clear()


@pytest.fixture
def model(tmp_path: Path) -> Folder:
    return write_model(tmp_path / "reader", weights="")


def make(model: Folder, source: str = "seeded", by: Any = original, experiment: Experiment | None = None) -> MadeWeights:
    setup = setup_of(CASE, experiment or Experiment(name="x"), model=model)
    return canonical_weights(MakeWeights(setup, source, str(model.root.parent / "cache"), ""), by, lambda *_: None)


def test_they_are_made_once_and_counted_once(model: Folder) -> None:
    made = make(model)
    assert original.ASKED == ["seeded", "facts"]
    assert made.flop_per_item == original.FLOP_PER_ITEM
    assert make(model) == made
    assert original.ASKED == ["seeded", "facts"]


def test_what_they_follow_from_makes_others(model: Folder, tmp_path: Path) -> None:
    first = make(model)
    assert make(model, experiment=Experiment(name="x", seed=7)).name != first.name
    assert make(model, experiment=Experiment(name="y", learning_rate=0.5)).name == first.name
    shutil.rmtree(tmp_path / "reader")
    another = write_model(tmp_path / "reader", weights="", model=MODEL.replace("Reader", "Another"))
    assert make(another).name != first.name


def test_a_model_that_makes_its_own_needs_no_framework(tmp_path: Path) -> None:
    own = write_model(tmp_path / "reader")
    made = make(own, by=None, experiment=Experiment(name="x", seed=7))
    assert load(Path(made.file))["head.weight"].tolist() == [[7.0] * 3] * 5
    assert made.flop_per_item == {}
    assert make(own, experiment=Experiment(name="x", seed=7)).flop_per_item, "what was missing is added by who can tell it"
    assert original.ASKED == ["facts"]


def test_without_a_framework_that_makes_them_there_is_a_sentence(model: Folder) -> None:
    with pytest.raises(ModelError, match=r"reader: seeded weights are made by .*: give it a worker, or write the model a weights.py"):
        make(model, by=None)


def test_a_pretrained_backbone_lies_under_the_seeded_head(model: Folder) -> None:
    found = load(Path(make(model, "imagenet").file))
    assert original.ASKED == ["downloaded", "seeded", "facts"]
    assert found["body.weight"].tolist() == [1.0] * 4
    assert (found["head.weight"] == 0.5).all()


@pytest.mark.parametrize(
    ("name", "shape", "told"), [("tail.weight", (4,), "tail.weight, which the network has not"), ("body.weight", (5,), "the network needs")]
)
def test_downloaded_weights_that_do_not_fit_are_named(
    model: Folder, monkeypatch: pytest.MonkeyPatch, name: str, shape: tuple[int, ...], told: str
) -> None:
    monkeypatch.setattr(original, "downloaded", lambda setup: {name: np.ones(shape, np.float32)})
    with pytest.raises(WeightsError, match=told):
        make(model, "imagenet")


def test_a_file_of_ones_own_is_known_by_its_content(model: Folder, tmp_path: Path) -> None:
    file = tmp_path / "mine.pt"
    file.write_bytes(b"123")
    first = make(model, str(file))
    assert original.ASKED == ["read mine.pt", "facts"]
    file.rename(tmp_path / "other.pt")
    assert make(model, str(tmp_path / "other.pt")) == first
    (tmp_path / "other.pt").write_bytes(b"1234")
    assert make(model, str(tmp_path / "other.pt")).name != first.name
    with pytest.raises(WeightsError, match=r"--weights: .*mine.pt cannot be read \(No such file"):
        make(model, str(file))


def test_a_folder_that_was_changed_since_is_refused(model: Folder) -> None:
    (model.root / "sound.py").write_text("# another")
    with pytest.raises(ModelError, match="not the model that was asked for"):
        make(model)


def test_another_machine_is_given_all_that_is_kept(model: Folder, tmp_path: Path) -> None:
    made = make(model)
    kept = given(made.file)
    assert {Path(name).suffix for name in kept} == {".json", ".safetensors"}
    request = TakeWeights(made, kept, str(tmp_path / "elsewhere"))
    there = taken(request)
    assert (there.name, there.sha256, there.flop_per_item) == (made.name, made.sha256, made.flop_per_item)
    assert there.file.startswith(str(tmp_path / "elsewhere"))
    before = Path(there.file).stat().st_mtime_ns
    assert taken(request) == there
    assert Path(there.file).stat().st_mtime_ns == before, "what is there stays"
