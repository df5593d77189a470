"""Which runs compare, and what is said of those that do not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from harness.session.machine import differences

RUN: dict[str, Any] = {
    "node": "here",
    "cpu": {"brand_raw": "A CPU", "count": 2},
    "gpu": {"name": "A GPU", "driver": "600.1", "power_limit_watts": 700.0, "ecc": True},
    "suite": {
        "schema_version": 1,
        "experiment_sha256": "e",
        "job_experiment_sha256": "je",
        "corpus_sha256": "c",
        "models": {"resnet50": {"sha256": "m", "weights_sha256": "w", "job_weights_sha256": "jw"}},
    },
    "workers": {"pytorch-matched": {"framework": "torch 2.14.1", "host": "here", "intra_op_threads": "2"}},
}


def changed(section: str, field: str, value: object) -> dict[str, Any]:
    run = copy.deepcopy(RUN)
    run[section][field] = value
    return run


def test_a_run_compares_with_itself_and_on_another_host_of_the_kind() -> None:
    assert differences(RUN, RUN) == []
    assert differences(RUN | {"node": "there"}, RUN) == []
    assert differences(changed("workers", "pytorch-matched", RUN["workers"]["pytorch-matched"] | {"host": "there"}), RUN) == []


@pytest.mark.parametrize(
    ("section", "field", "value", "line"),
    [
        ("cpu", "brand_raw", "other", "cpu: A CPU → other"),
        ("cpu", "count", 4, "cpu count: 2 → 4"),
        ("gpu", "name", "other", "gpu: A GPU → other"),
        ("gpu", "driver", "other", "gpu driver: 600.1 → other"),
        ("gpu", "power_limit_watts", 650.0, "gpu power limit watts: 700.0 → 650.0"),
        ("gpu", "ecc", False, "gpu ecc: True → False"),
        ("suite", "experiment_sha256", "other", "experiment: e → other"),
        ("suite", "job_experiment_sha256", "other", "job experiment: je → other"),
        ("suite", "corpus_sha256", "other", "corpus: c → other"),
        ("suite", "models", {"resnet50": {"sha256": "other", "weights_sha256": "w"}}, "model resnet50: m → other"),
        ("suite", "models", {"resnet50": {"sha256": "m", "weights_sha256": "other"}}, "weights: w → other"),
        ("suite", "models", {"resnet50": {"sha256": "m", "job_weights_sha256": "other"}}, "job weights: jw → other"),
        ("suite", "schema_version", 2, "schema version: 1 → 2"),
    ],
)
def test_each_difference_is_named_then_and_now(section: str, field: str, value: object, line: str) -> None:
    assert differences(changed(section, field, value), RUN) == [line]


def test_a_gpu_that_came_or_went() -> None:
    assert differences(RUN | {"gpu": None}, RUN) == ["gpu: A GPU → none"]
    assert differences(RUN, RUN | {"gpu": None}) == ["gpu: none → A GPU"]


def test_another_build_of_a_framework() -> None:
    upgraded = changed("workers", "pytorch-matched", {"framework": "torch 2.15.0", "host": "here", "intra_op_threads": "4"})
    assert differences(upgraded, RUN) == [
        "pytorch-matched framework: torch 2.14.1 → torch 2.15.0",
        "pytorch-matched intra op threads: 2 → 4",
    ]


def test_what_only_one_run_has_measured_is_no_difference() -> None:
    other = RUN | {"workers": {"tensorflow-matched": {"framework": "tensorflow 2.21.0"}}}
    assert differences(other, RUN) == []
    unknown_yet = {key: value for key, value in RUN.items() if key != "workers"} | {"suite": {**RUN["suite"], "corpus_sha256": None}}
    assert differences(unknown_yet, RUN) == []


def test_a_run_of_another_suite_has_nothing_to_compare_but_the_machine() -> None:
    assert differences(RUN, {"cpu": {"brand_raw": "Another"}, "gpu": RUN["gpu"]}) == ["cpu: Another → A CPU"]
