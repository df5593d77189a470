"""Whatever happens to a worker costs its own case: a typed outcome there, every other result in the JSON, nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.session.conftest import InnerRun, measurements, outcomes

FROZEN = "matched-plain-fp32-frozen-bs8]"
CGROUPS = Path("/sys/fs/cgroup/memory")
SOUND = ("sound", "queued")
BROKEN = {
    "dying": ("crashed", "the worker's process died"),
    "hanging": ("timeout", "no answer within 8 s (--case-timeout)"),
    "raising": ("error", "ValueError: the measured code is broken"),
    "hoarding": ("out_of_memory", "MemoryError"),
    "unfenced": ("unfenced", "the fence does not wait"),
    "unequal": ("unequal_work", "not the same work as sound's: gradient norm differ by 0.1 relative, tolerance 5e-05"),
}
MEMORY = {"oom_killed": ("out_of_memory", "the kernel killed a process for want of memory")}
# Where nobody can be killed for want of memory without taking the machine's, nobody is. Else in a run of its own: where several die at
# once, and the kernel has killed one of them, nobody can tell which.
KILLED = MEMORY if os.access(CGROUPS / "cgroup.procs", os.W_OK) else {}
CHOSEN = "not tf32 and (train_step or memory or inference and bs8)"


Run = tuple[InnerRun, dict[str, Measurement]]


def run_of(folder: Path, *stand_ins: str) -> Run:
    inner = InnerRun(folder)
    inner.use(*stand_ins)
    code, _ = inner.run("--benchmark-json=out.json", "--case-timeout=8", "-k", CHOSEN)
    assert code == pytest.ExitCode.TESTS_FAILED
    return inner, measurements(inner.json())


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(tmp_path_factory.mktemp("killed"), "sound", *KILLED, "raising")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, killed: Run) -> Run:
    """One run of all that is sound and all that is broken, and its measurements by case."""
    inner, found = run_of(tmp_path_factory.mktemp("broken"), *SOUND, *BROKEN)
    return inner, found | {name: each for name, each in killed[1].items() if each.case.framework in KILLED}


@pytest.mark.parametrize("stand_in", [*BROKEN, *KILLED])
def test_a_broken_side_ends_in_its_typed_outcome(run: Run, stand_in: str) -> None:
    _, found = run
    outcome, detail = (BROKEN | KILLED)[stand_in]
    timed = found[f"test_train_step[{stand_in}-{FROZEN}"]
    assert (timed.outcome, timed.rounds) == (outcome, ())
    assert detail in timed.detail
    # Memory is read, not timed; stock is each framework's own work.
    assert found[f"test_memory[{stand_in}-{FROZEN}"].outcome == ("ok" if stand_in == "unfenced" else outcome)
    assert found[f"test_train_step[{stand_in}-stock-frozen-bs8]"].outcome == ("ok" if stand_in == "unequal" else outcome)


@pytest.mark.parametrize("stand_in", [*SOUND, *BROKEN, *KILLED])
def test_every_other_case_is_measured(run: Run, stand_in: str) -> None:
    _, found = run
    assert found[f"test_inference[{stand_in}-matched-plain-fp32-bs8]"].outcome is Outcome.OK
    if stand_in in SOUND:
        assert {each.outcome for name, each in found.items() if f"[{stand_in}-" in name} == {Outcome.OK}


def test_nothing_is_left_behind(run: Run, killed: Run) -> None:
    inner, found = run
    assert len(found) == 4 * len([*SOUND, *BROKEN, *KILLED])
    assert inner.left_behind() == []
    assert killed[0].left_behind() == []


@pytest.mark.skipif(not KILLED, reason="nobody can be killed for want of memory")
def test_a_death_for_want_of_memory_is_nobody_elses(killed: Run) -> None:
    """Their check of equal work is at the same time."""
    _, found = killed
    for name, each in found.items():
        if each.case.framework == "raising" and "test_inference" not in name:
            assert (each.outcome, each.detail.partition(":")[0]) == (Outcome.ERROR, "ValueError")


def test_unequal_work_is_not_measured(inner: InnerRun) -> None:
    inner.use("sound", "unequal")
    code, output = inner.run("--benchmark-json=out.json", "-k", "not tf32 and (train_step or inference and bs8)")
    assert code == pytest.ExitCode.TESTS_FAILED
    found = outcomes(inner.json())
    assert found[f"test_train_step[sound-{FROZEN}"] == found[f"test_train_step[unequal-{FROZEN}"] == "unequal_work"
    assert found["test_train_step[unequal-stock-frozen-bs8]"] == "ok", "stock is each framework's own work"
    assert found["test_inference[unequal-matched-plain-fp32-bs8]"] == "ok"
    assert "gradient norm differ by 0.1 relative, tolerance 5e-05" in output
    (refused,) = (
        each["measurement"] for each in inner.json()["unmeasured"] if each["fullname"].endswith(f"test_train_step[unequal-{FROZEN}")
    )
    assert refused["rounds"] == []
    assert {check["name"]: check["difference"] <= check["tolerance"] for check in refused["equal_work"]["checks"]} == {
        "pixels": True,
        "order": True,
        "labels": True,
        "loss curve": True,
        "gradient norm": False,
        "running means": True,
        "trained tensors": True,
        "weights": True,
    }


def test_a_gpu_is_not_compared_with_a_cpu(inner: InnerRun) -> None:
    inner.use("sound", "elsewhere")
    code, output = inner.run("--benchmark-json=out.json", "-k", "train_step and stock or memory")
    assert code == pytest.ExitCode.TESTS_FAILED
    found = measurements(inner.json())
    assert {found[f"test_train_step[{name}-stock-frozen-bs8]"].outcome for name in ("sound", "elsewhere")} == {Outcome.UNEQUAL_WORK}
    assert "not the same device: sound on cpu" in output


def test_equal_work_is_in_every_matched_result(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, _ = inner.run("--benchmark-json=out.json", "-k", "not tf32 and (train_step or memory or bs8)")
    assert code == pytest.ExitCode.OK
    for each in inner.json()["benchmarks"]:
        receipt = each["extra_info"]["measurement"]["equal_work"]
        assert (receipt is not None) == ("-matched-" in each["fullname"])


def test_what_cannot_be_done_is_skipped_with_its_reason(inner: InnerRun) -> None:
    inner.use("sound", "absent")  # there is no such module
    code, output = inner.run("--benchmark-json=out.json", "-m", "core or not core", "-rs")
    assert code == pytest.ExitCode.USAGE_ERROR, "one framework alone is no comparison"
    last = output.strip().splitlines()[-1]
    assert last.startswith("ERROR: Absent: no case was measured: not installed in this worker (")
    assert "pip install -e '.[absent]'" in last
    assert '-k "not absent"' in last
    found = outcomes(inner.json())
    assert {name for name, outcome in found.items() if outcome == "unsupported"} == {
        name for name in found if "[absent-" in name or "-tf32-" in name
    }
    assert "not installed in this worker" in output
    assert "the stand-in has no tf32" in output
    assert len(found) == 14


def test_where_every_case_fails_the_json_says_so(inner: InnerRun) -> None:
    inner.use("raising")
    code, _ = inner.run("--benchmark-json=out.json", "-k", "train_step and stock")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert inner.json()["benchmarks"] == []
    assert outcomes(inner.json()) == {"test_train_step[raising-stock-frozen-bs8]": "error"}
