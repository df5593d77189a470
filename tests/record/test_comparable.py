"""What makes two runs comparable: said once, whoever asks."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.comparable import PLACE, environment_differences, machine_differences, told_of_models
from harness.record.machine import Machine, ModelOfRun

TOLD: dict[str, Any] = {
    "cpu": "A CPU",
    "cpu_count": 2,
    "gpu": "A GPU",
    "gpu_driver": "600.1",
    "gpu_power_limit_watts": 700.0,
    "gpu_ecc": True,
    "schema_version": 2,
    "experiment": "exp",
    "experiment_sha256": "e",
    "job_experiment": "job",
    "job_experiment_sha256": "je",
    "corpus_sha256": "c",
}
MODELS = (
    ModelOfRun(name="mlp", sha256="m" * 64, weights_sha256="v" * 64),
    ModelOfRun(name="resnet50", sha256="r", weights_sha256="w", job_weights_sha256="jw"),
)
RENAMED = {"experiment", "job_experiment"}
DIGESTS = ("sha256", "weights_sha256", "job_weights_sha256")
digests = st.none() | st.sampled_from(["a", "b"])
models = st.dictionaries(st.sampled_from(["mlp", "resnet50", "vit"]), st.tuples(digests, digests, digests)).map(
    lambda found: tuple(ModelOfRun(name=name, **dict(zip(DIGESTS, found[name], strict=True))) for name in sorted(found))
)
environments = st.dictionaries(st.sampled_from(["framework", "build", "device", "host", "gpu_uuid"]), st.text(max_size=3))


def test_every_field_is_tried() -> None:
    assert TOLD.keys() | {"models"} == set(Machine.__struct_fields__)


@pytest.mark.parametrize("field", TOLD)
def test_each_field_makes_a_difference_but_a_name(field: str) -> None:
    then = Machine(**TOLD)
    now = msgspec.structs.replace(then, **{field: {bool: False, int: 9, float: 9.0, str: "other"}[type(TOLD[field])]})
    assert [each.field for each in machine_differences(then, now)] == ([] if field in RENAMED else [field])


@pytest.mark.parametrize("field", TOLD)
def test_what_one_run_does_not_tell_is_no_difference_but_for_a_gpu(field: str) -> None:
    then = Machine(**TOLD)
    now = msgspec.structs.replace(then, **{field: None})
    expected = ["gpu"] if field == "gpu" else []
    assert [each.field for each in machine_differences(then, now)] == expected
    assert [each.field for each in machine_differences(now, then)] == expected


def test_a_difference_is_told_then_and_now() -> None:
    then = Machine(**TOLD)
    (experiment,) = machine_differences(then, msgspec.structs.replace(then, experiment="another", experiment_sha256="x" * 64))
    assert experiment.told == "experiment: exp (e) → another (xxxxxxxxxxxx)"
    (gpu,) = machine_differences(then, msgspec.structs.replace(then, gpu=None))
    assert gpu.told == "gpu: A GPU → none"


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        (0, {"sha256": "other"}, "model mlp: mmmmmmmmmmmm → other"),
        (0, {"weights_sha256": "other"}, "weights of mlp: vvvvvvvvvvvv → other"),
        (1, {"sha256": "other"}, "model resnet50: r → other"),
        (1, {"weights_sha256": "other"}, "weights: w → other"),
        (1, {"job_weights_sha256": "other"}, "job weights: jw → other"),
        (0, {"job_weights_sha256": "other"}, None),  # then it was not told
        (0, {"name": "another"}, None),  # it has no partner
    ],
)
def test_a_model_compares_only_with_itself(place: int, change: dict[str, str], said: str | None) -> None:
    changed = [msgspec.structs.replace(each, **change) if index == place else each for index, each in enumerate(MODELS)]
    then, now = Machine(**TOLD, models=MODELS), Machine(**TOLD, models=tuple(changed))
    assert [each.told for each in machine_differences(then, now)] == ([said] if said else [])
    assert len(machine_differences(now, then)) == (1 if said else 0)
    other = MODELS[1 - place].name
    assert machine_differences(then, now, (other,)) == [], "another model's case is not touched by it"


@given(models, models)
def test_models_differ_in_what_both_runs_tell_of_the_same_one(then: tuple[ModelOfRun, ...], now: tuple[ModelOfRun, ...]) -> None:
    found = machine_differences(Machine(models=then), Machine(models=now))
    pairs = [(ours, theirs) for ours in then for theirs in now if ours.name == theirs.name]
    values = [(getattr(ours, field), getattr(theirs, field)) for ours, theirs in pairs for field in DIGESTS]
    assert [(each.then, each.now) for each in found] == [(ours, theirs) for ours, theirs in values if ours and theirs and ours != theirs]
    assert machine_differences(Machine(models=then), Machine(models=then)) == []


@given(models)
def test_what_is_told_of_a_model_stands_under_one_name_each(found: tuple[ModelOfRun, ...]) -> None:
    """Else the page would take one model's digest for another's."""
    told = [getattr(each, field) for each in found for field in DIGESTS]
    assert len(told_of_models(Machine(models=found))) == sum(each is not None for each in told)


@given(environments, environments)
def test_environments_differ_in_what_both_tell_and_never_in_their_place(then: dict[str, str], now: dict[str, str]) -> None:
    found = environment_differences(then, now)
    assert {each.field for each in found} == {field for field in then.keys() & now.keys() - PLACE if then[field] != now[field]}
    assert len(environment_differences(now, then)) == len(found)
    assert environment_differences(then, then) == []


@pytest.mark.parametrize("machine_info", [{}, {"cpu": None, "gpu": None}, {"cpu": "a word", "gpu": ["a", "list"], "suite": 3}])
def test_another_suite_may_tell_nothing(machine_info: dict[str, Any]) -> None:
    assert Machine.of(machine_info) == Machine()


def test_a_field_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="cpu_count"):
        Machine.of({"cpu": {"count": "many"}})


@pytest.mark.parametrize(
    "suite", [{"models": ["mlp"]}, {"models": {"mlp": "a word"}}, {"model": ["mlp"]}, {"models": {"mlp": {"sha256": 3}}}]
)
def test_models_of_the_wrong_kind_are_refused(suite: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        Machine.of({"suite": suite})


def test_a_run_of_before_there_were_several_models_has_one() -> None:
    """The stored ones of the oldest kind do not even say which."""
    resnet50 = ModelOfRun(name="resnet50", weights_sha256="w", job_weights_sha256="jw")
    assert Machine.of({"suite": {"weights_sha256": "w", "job_weights_sha256": "jw"}}).models == (resnet50,)
    assert Machine.of({"suite": {"model": "resnet50", "weights_sha256": "w", "job_weights_sha256": None}}).models == (
        msgspec.structs.replace(resnet50, job_weights_sha256=None),
    )
    assert Machine.of({"suite": {"schema_version": 2}}).models == ()


@given(models, st.randoms(use_true_random=False))
def test_models_are_read_by_name_whatever_their_order_in_the_file(found: tuple[ModelOfRun, ...], random: Random) -> None:
    mixed = random.sample(found, len(found))
    told = {each.name: {field: getattr(each, field) or "" for field in DIGESTS} for each in mixed}
    assert Machine.of({"suite": {"models": told}}).models == found


def test_no_corpus_is_not_told() -> None:
    assert Machine.of({"suite": {"corpus_sha256": ""}}).corpus_sha256 is None
