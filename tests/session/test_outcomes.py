"""Whatever happens to a worker costs its own case: a typed outcome there, every other result in the JSON, nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.session.conftest import InnerRun, outcomes

FROZEN = "matched-plain-fp32-frozen-bs8]"
CGROUPS = Path("/sys/fs/cgroup/memory")


@pytest.mark.parametrize(
    ("stand_in", "outcome", "detail"),
    [
        ("dying", "crashed", "the worker's process died"),
        ("hanging", "timeout", "no answer within 3 s (--case-timeout)"),
        ("raising", "error", "ValueError: the measured code is broken"),
        ("hoarding", "out_of_memory", "MemoryError"),
        pytest.param(
            "oom_killed",
            "out_of_memory",
            "the kernel killed",
            marks=pytest.mark.skipif(not os.access(CGROUPS / "cgroup.procs", os.W_OK), reason="cannot make memory cgroups"),
        ),
        ("unfenced", "unfenced", "the fence does not wait"),
    ],
)
def test_a_broken_side_costs_its_own_cases_only(inner: InnerRun, stand_in: str, outcome: str, detail: str) -> None:
    inner.use("sound", stand_in)
    code, output = inner.run("--benchmark-json=out.json")
    assert code == pytest.ExitCode.TESTS_FAILED
    found = outcomes(inner.json())
    broken = {f"test_train_step[{stand_in}-{FROZEN}", f"test_train_step[{stand_in}-stock-frozen-bs8]", f"test_memory[{stand_in}-{FROZEN}"}
    if outcome == "unfenced":
        broken.discard(f"test_memory[{stand_in}-{FROZEN}")  # memory is read, not timed
    assert {name for name, ended in found.items() if ended != "ok"} == broken
    assert {found[name] for name in broken} == {outcome}
    assert len(found) == 12
    assert detail in output
    assert inner.left_behind() == []


def test_unequal_work_is_not_measured(inner: InnerRun) -> None:
    inner.use("sound", "unequal")
    code, output = inner.run("--benchmark-json=out.json")
    assert code == pytest.ExitCode.TESTS_FAILED
    found = outcomes(inner.json())
    assert found[f"test_train_step[sound-{FROZEN}"] == found[f"test_train_step[unequal-{FROZEN}"] == "unequal_work"
    assert found["test_train_step[unequal-stock-frozen-bs8]"] == "ok", "stock is each framework's own work"
    assert found["test_inference[unequal-matched-plain-fp32-bs1]"] == "ok"
    assert "gradient norm differ by 0.1 relative, tolerance 0.001" in output
    (refused,) = (
        each["measurement"] for each in inner.json()["unmeasured"] if each["fullname"].endswith(f"test_train_step[unequal-{FROZEN}")
    )
    assert refused["rounds"] == []
    assert {check["name"]: check["difference"] <= check["tolerance"] for check in refused["equal_work"]["checks"]} == {
        "pixels": True,
        "labels": True,
        "loss curve": True,
        "gradient norm": False,
        "running means": True,
    }


def test_equal_work_is_in_every_matched_result(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, _ = inner.run("--benchmark-json=out.json")
    assert code == pytest.ExitCode.OK
    for each in inner.json()["benchmarks"]:
        receipt = each["extra_info"]["measurement"]["equal_work"]
        assert (receipt is not None) == ("-matched-" in each["fullname"])


def test_what_cannot_be_done_is_skipped_with_its_reason(inner: InnerRun) -> None:
    inner.use("sound", "absent")  # there is no such module
    code, output = inner.run("--benchmark-json=out.json", "-m", "core or not core", "-rs")
    assert code == pytest.ExitCode.OK
    found = outcomes(inner.json())
    assert {name for name, outcome in found.items() if outcome == "unsupported"} == {
        name for name in found if "[absent-" in name or "-tf32-" in name
    }
    assert "not installed in this worker" in output
    assert "the stand-in has no tf32" in output
    assert "no green" not in output
    assert len(found) == 14
