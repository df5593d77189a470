"""Several models in one run: no finding rests on two of them, and each says which one it is about."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.comparison import comparisons
from harness.findings.five_metrics import five_metrics, of_jobs
from harness.findings.ladder import ladders
from harness.findings.lead import lead, leads, told, ways
from harness.findings.models import by_model, headed, model_titles, told_apart
from harness.record.case import DEFAULT_MODEL, Style, Workload
from harness.record.fairness import Source
from harness.record.measurement import Measurement, Provenance
from harness.record.outcome import Outcome
from harness.record.round import Round
from tests.findings.sides import FIRST, SECOND, TURNS, case, job, readings, side

TITLES = {DEFAULT_MODEL: "ResNet50", "mlp": "Multilayer perceptron", "mine": "Multilayer perceptron"}
LIMIT = tuple(Round(0.9, 1.0, 0.0, turn) for turn in range(TURNS))


def of_model(measurement: Measurement, model: str) -> Measurement:
    """The same of another model, with the title that it has."""
    provenance = Provenance("e", "e", "c", "c", "w", "w", model, TITLES[model], "m")
    return msgspec.structs.replace(measurement, case=msgspec.structs.replace(measurement.case, model=model), provenance=provenance)


def everything(seconds: float) -> list[Measurement]:
    """Of both frameworks, what each finding asks for."""
    found = []
    for place, framework in enumerate((FIRST, SECOND)):
        slower = seconds * (1 + place)
        loading = {"workload": Workload.LOADING}
        pipeline = {"references": {"limit": LIMIT}, "figures": {"pixel_difference_max": 0.0}}
        found += [
            job(framework, [slower] * 4),
            side(case(framework, style=Style.STOCK), slower),
            side(case(framework, style=Style.LADDER, rung=Source.LOOP), slower),
            side(case(framework, "memory", Style.STOCK), slower, readings=readings(host_anonymous_bytes=int(slower * 2**30))),
            side(case(framework, "data_pipeline", **loading), slower, **pipeline),
            side(case(framework, "data_pipeline", Style.STRATEGY, strategy="threads", **loading), slower / 2, **pipeline),
        ]
    return found


def test_the_default_model_alone_is_named_nowhere() -> None:
    measured = everything(1.0)
    assert told_apart(measured) == {DEFAULT_MODEL: ""}
    assert model_titles(measured) == {DEFAULT_MODEL: "ResNet50"}
    assert {each.model for each in (*five_metrics(measured), *ladders(measured), *leads(ways(measured)))} == {""}
    assert told(leads(ways(measured))[0]).startswith("best: PyTorch's threads")
    assert [each.heading for each in five_metrics(measured)] == ["matched", "stock"]


def test_another_one_is_named_though_it_stands_alone() -> None:
    measured = [of_model(each, "mlp") for each in everything(1.0)]
    assert told_apart(measured) == {"mlp": "Multilayer perceptron"}
    assert [each.heading for each in five_metrics(measured)] == ["matched, Multilayer perceptron", "stock, Multilayer perceptron"]
    assert [each.heading for each in ladders(measured)] == ["Train step, Multilayer perceptron"]
    assert told(leads(ways(measured))[0]).startswith("best, Multilayer perceptron: PyTorch's threads")


def test_where_several_stand_together_each_is_named_and_two_of_one_title_differ() -> None:
    measured = [of_model(each, model) for model in ("mine", "mlp", DEFAULT_MODEL) for each in everything(1.0)]
    names = ["ResNet50", "Multilayer perceptron (mine)", "Multilayer perceptron (mlp)"]
    assert list(told_apart(measured).values()) == names
    assert [each.model for each in ladders(measured)] == [names[1], names[2], names[0]]
    assert [each.model for each in leads(ways(measured))] == names
    assert [each.model for each in of_jobs(measured)] == [names[1], names[2], names[0]]
    assert headed("Train step", names[0]) == "Train step, ResNet50"
    assert headed("Train step", "") == "Train step"


def test_a_model_without_any_metric_has_no_empty_table_beside_the_others() -> None:
    measured = [*everything(1.0), of_model(side(case(FIRST, style=Style.STOCK), 1.0), "mlp")]
    assert [each.heading for each in five_metrics(measured)] == ["stock, ResNet50"]


def test_a_model_without_a_part_to_freeze_has_its_peak_of_all_it_trains() -> None:
    peak = readings(host_anonymous_bytes=2**30)
    full, frozen = (
        side(case(FIRST, "memory", Style.STOCK, workload=each), 1.0, readings=peak) for each in (Workload.FULL, Workload.FROZEN)
    )
    failed = msgspec.structs.replace(frozen, outcome=Outcome.CRASHED, readings=())
    for measured, source in (([full], "memory full stock bs8"), ([full, frozen], "memory frozen stock bs8"), ([full, failed], "")):
        (stock,) = (each for each in five_metrics(measured) if each.style == "stock")
        assert stock.metrics[-1].source == source


@given(st.lists(st.sampled_from(sorted(TITLES)), min_size=1, unique=True), st.randoms(use_true_random=False))
def test_each_finding_is_that_of_its_model_alone(models: list[str], random: object) -> None:
    """Whatever else was measured beside it, and in whatever order: another model is slower by a factor of its own."""
    alone = {model: [of_model(each, model) for each in everything(2.0**place)] for place, model in enumerate(models)}
    together = [each for own in alone.values() for each in own]
    random.shuffle(together)  # type: ignore[attr-defined]
    assert {name: len(own) for name, own in by_model(together).items()} == {name: len(own) for name, own in alone.items()}
    for find in (lambda own: [each for each in five_metrics(own) if each.is_measured], ladders, lambda own: leads(ways(own)), of_jobs):
        found = [msgspec.structs.replace(each, model="") for each in find(together)]
        expected = [msgspec.structs.replace(each, model="") for own in alone.values() for each in find(own)]
        assert len(found) == len(expected)
        assert all(each in expected for each in found)
    for each in comparisons(together):
        assert len({side.case.model for side in each.sides}) == 1


def test_two_models_ways_have_no_lead_over_one_another() -> None:
    """One framework's are of one model, the other's of another."""
    loading = {"workload": Workload.LOADING, "strategy": "threads"}
    pipeline = {"references": {"limit": LIMIT}, "figures": {"pixel_difference_max": 0.0}}
    ours = side(case(FIRST, "data_pipeline", Style.STRATEGY, **loading), 1.0, **pipeline)
    theirs = of_model(side(case(SECOND, "data_pipeline", Style.STRATEGY, **loading), 2.0, **pipeline), "mlp")
    assert leads([ours, theirs]) == []
    assert lead([ours, side(case(SECOND, "data_pipeline", Style.STRATEGY, **loading), 2.0, **pipeline)]) is not None


@pytest.mark.parametrize(("item", "said"), [("image", "an image"), ("row", "a row"), ("sequence", "a sequence")])
def test_the_item_is_called_by_its_word(item: str, said: str) -> None:
    measured = [msgspec.structs.replace(job(framework, [1.0] * 4), item=item) for framework in (FIRST, SECOND)]
    (found,) = of_jobs(measured)
    latency = next(each for each in found.metrics if each.name == "inference latency")
    assert all(value.endswith(f" {said}") for value in latency.values.values())
