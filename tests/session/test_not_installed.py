"""A framework that is missing altogether is no green session, and what of a shell is left out is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.frameworks import FRAMEWORKS
from harness.record.case import Case, Style, Workload
from harness.record.measurement import Measurement
from harness.record.outcome import NOT_INSTALLED, Outcome
from harness.session.not_installed import sentences
from tests.session.conftest import InnerRun

ONE = "inference and bs8"
ABSENT = f"{NOT_INSTALLED} (/usr/bin/python): No module named 'torch'"


def measurement(framework: str, outcome: Outcome, detail: str = "") -> Measurement:
    case = Case(framework=framework, phase="inference", workload=Workload.INFERENCE, style=Style.MATCHED, batch_size=8)
    return Measurement(case=case, outcome=outcome, detail=detail)


def test_one_of_two_that_is_missing_fails_the_session_and_is_named_last(inner: InnerRun) -> None:
    """With its figures kept; and what the shell has set is told before."""
    inner.use("sound", "absent")
    inner.set(OMP_PROC_BIND="true", OMP_NUM_THREADS="1", TORCH_HOME="/somewhere")
    code, output = inner.run("-k", ONE, "--benchmark-json=out.json")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert [each["name"] for each in inner.json()["benchmarks"]] == ["test_inference[sound-matched-plain-fp32-bs8]"]
    last = output.strip().splitlines()[-1]
    assert last.startswith(f"ERROR: Absent: no case was measured: {NOT_INSTALLED} (")
    assert last.endswith('--worker absent=popen//python=PATH. To measure without it on purpose: -k "not absent"')
    (told,) = [line for line in output.splitlines() if line.startswith("matched without ")]
    assert {"OMP_PROC_BIND", "OMP_NUM_THREADS"} <= set(told.removeprefix("matched without ").partition(" of this shell")[0].split(", "))
    assert "OMP_PROC_BIND=true" not in output, "a value may be another program's secret"
    assert "TORCH_HOME" not in output
    assert not list(Path(inner.folder).glob(".benchmarks/journals/*")), "nothing is left to go on with"


def test_one_that_was_not_asked_for_may_be_missing(inner: InnerRun) -> None:
    inner.use("sound", "absent")
    code, output = inner.run("-k", f"{ONE} and not absent")
    assert code == pytest.ExitCode.OK
    assert "no case was measured" not in output


def test_what_has_failed_has_its_own_exit_code(inner: InnerRun) -> None:
    """A package that a framework needs is no excuse: its cases fail."""
    inner.use("sound", "absent")
    listing = (inner.folder / "conftest.py").read_text().replace('"package": module', '"package": "numpy"')
    (inner.folder / "conftest.py").write_text(listing)
    code, output = inner.run("-k", ONE)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "the framework's installation in this worker" in output
    assert "is broken: No module named 'tests.stand_in.absent'" in output


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_with_one_case_measured_is_there(framework: str) -> None:
    absent = measurement(framework, Outcome.UNSUPPORTED, ABSENT)
    (told,) = sentences([absent, absent])
    assert f"pip install -e '.[{framework}]'" in told
    for outcome in (Outcome.OK, Outcome.ERROR, Outcome.TIMEOUT):
        assert list(sentences([absent, measurement(framework, outcome)])) == []
    cannot = measurement(framework, Outcome.UNSUPPORTED, "tf32 needs an NVIDIA GPU")
    assert list(sentences([cannot, cannot])) == [], "a machine that cannot do it is told by the skipped cases"


def test_what_makes_the_weights_is_what_is_to_be_installed() -> None:
    maker = next(name for name, listing in FRAMEWORKS.items() if listing.original)
    for other in FRAMEWORKS.keys() - {maker}:
        detail = f"resnet50: {maker} makes its weights, in a worker of its own whatever is measured, and could not: {ABSENT}"
        (told,) = sentences([measurement(other, Outcome.UNSUPPORTED, detail)])
        assert f"pip install -e '.[{maker}]'" in told
        assert "on purpose" not in told
