"""The side by side of several models: each in tables of its own, which say whose they are."""

from __future__ import annotations

import msgspec
import pytest

from harness.findings.comparison import heading_of
from harness.phases import PHASES
from harness.record.case import DEFAULT_MODEL, Workload
from harness.record.check import Check, EqualWork
from harness.record.measurement import Measurement, Provenance
from harness.record.outcome import Outcome
from tests.findings.sides import FIRST, SECOND, case, side
from tests.session.terminal.printed import row, side_by_side
from tests.session.terminal.test_summary import everything

WEAK = "items hardly differ in the outputs; bring values that do"


def rows(measurement: Measurement) -> Measurement:
    """The same of a model of rows, which has no images."""
    provenance = Provenance("e", "e", "", "", "w", "w", "mlp", "Multilayer perceptron", "m")
    changed = msgspec.structs.replace(measurement.case, model="mlp")
    return msgspec.structs.replace(measurement, case=changed, provenance=provenance, item="row")


def steps(weak: str = "") -> list[Measurement]:
    receipt = EqualWork(SECOND, (Check("logits", 0.0, 1.0, "", weak), Check("gradient norm", 0.0, 1.0, "")))
    return [side(case(name), seconds, equal_work=receipt) for name, seconds in ((FIRST, 1.0), (SECOND, 2.0))]


def test_the_default_model_is_named_once() -> None:
    text = side_by_side(steps())
    assert text.startswith("model: ResNet50 (resnet50)\n")
    assert text.count("ResNet50") == 1
    assert "Train step: one optimiser step" in text


def test_several_models_have_a_table_each() -> None:
    text = side_by_side([*map(rows, steps()), *steps()])
    assert text.startswith("models: ResNet50 (resnet50), Multilayer perceptron (mlp)\n")
    first, _, second = text.partition("Train step, Multilayer perceptron: one optimiser step")
    assert "Train step, ResNet50: one optimiser step" in first
    for part, unit in ((first, "images/s"), (second, "rows/s")):
        assert row(part, "frozen matched bs8")[:4] == ["frozen matched bs8", unit, "7.84", "3.92"]
    assert "mlp" not in second, "the row would say again what stands above it"


def test_each_phase_of_each_model_is_there() -> None:
    own = [each for name in (FIRST, SECOND) for each in everything(name)]
    text = " ".join(side_by_side([*own, *map(rows, own)]).split())
    for title in ("ResNet50", "Multilayer perceptron"):
        assert [each.title for each in PHASES.values() if f"{each.title}, {title}: {each.subtitle}" not in text] == []
        assert f"Why, train step, {title}: PyTorch / TensorFlow from stock" in text
        assert f"PyTorch's ways to load the same images, {title}, by their share" in text
        assert f"PyTorch's threads pipeline, {title} by workers" in text
        assert f"best, {title}: PyTorch's threads" in text
        assert f"five metrics: fine tuning frozen stock bs8, {title}, 4 epochs" in text


def test_what_a_model_of_rows_was_not_measured_in_names_it() -> None:
    failed = msgspec.structs.replace(rows(steps()[0]), outcome=Outcome.CRASHED, detail="it died")
    assert heading_of(failed.case) == "mlp frozen matched bs8"
    assert "train step mlp frozen matched bs8" in side_by_side([failed, *steps()])


@pytest.mark.parametrize("several", [False, True])
def test_a_weak_check_is_counted_in_the_table_and_explained_once(several: bool) -> None:
    """However many cases share the computation's receipt."""
    measured = [each for workload in (Workload.FROZEN, Workload.FULL) for each in steps(WEAK)]
    text = side_by_side([*measured, *map(rows, steps())] if several else measured)
    assert row(text, "frozen matched bs8")[-1] == "2 checks hold, 1 weak"
    assert text.count(WEAK) == 1
    assert f"weak: the check of the logits{', ResNet50' if several else ''}: {WEAK}" in text


def test_a_check_that_is_not_weak_is_not_explained() -> None:
    assert "weak" not in side_by_side(steps())


def test_notes_use_each_model_s_word() -> None:
    batches = [side(case(FIRST, "largest_batch"), 1.0, figures={"largest_batch_size": 9.0})]
    text = side_by_side([*batches, *map(rows, batches)])
    assert "the room that one image takes" in text
    assert "the room that one row takes" in text
    assert DEFAULT_MODEL in text
