"""What makes two runs comparable: said once, whoever asks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.comparable import PLACE, environment_differences, machine_differences
from harness.record.machine import Machine

TOLD: dict[str, Any] = {
    "cpu": "A CPU",
    "cpu_count": 2,
    "gpu": "A GPU",
    "gpu_driver": "600.1",
    "gpu_power_limit_watts": 700.0,
    "gpu_ecc": True,
    "schema_version": 2,
    "model": "a model",
    "experiment": "exp",
    "experiment_sha256": "e",
    "job_experiment": "job",
    "job_experiment_sha256": "je",
    "corpus_sha256": "c",
    "weights_sha256": "w",
    "job_weights_sha256": "jw",
}
RENAMED = {"experiment", "job_experiment"}
environments = st.dictionaries(st.sampled_from(["framework", "build", "device", "host", "gpu_uuid"]), st.text(max_size=3))


def test_every_field_is_tried() -> None:
    assert TOLD.keys() == set(Machine.__struct_fields__)


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
    (weights,) = machine_differences(then, msgspec.structs.replace(then, job_weights_sha256="other"))
    assert weights.told == "job weights: jw → other"
    (experiment,) = machine_differences(then, msgspec.structs.replace(then, experiment="another", experiment_sha256="x" * 64))
    assert experiment.told == "experiment: exp (e) → another (xxxxxxxxxxxx)"
    (gpu,) = machine_differences(then, msgspec.structs.replace(then, gpu=None))
    assert gpu.told == "gpu: A GPU → none"


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
