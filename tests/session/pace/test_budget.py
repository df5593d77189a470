"""A session that has a budget: its plan, what it leaves out when the time is up, and that nothing of it is lost."""

from __future__ import annotations

import argparse
import json
import math
import re
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from harness.session import options
from harness.session.cases import CASE
from harness.session.options import budget_seconds
from harness.session.pace import pacing
from harness.session.pace.pacing import CORE_SECONDS, budget_seconds_of, until_of
from harness.session.stopping import Until
from tests.findings.sides import FIRST, case
from tests.session.conftest import SHORT, InnerRun, outcomes
from tests.session.pace.test_expected import CHOSEN
from tests.session.test_journal import CASES, INFERENCE, add, journals

TIME_IS_UP = """

from harness.session.pace.budget import Budget

is_up = []
spent = Budget.spent_seconds.fget
Budget.spent_seconds = property(lambda self: 1e6 if is_up else spent(self))

def pytest_runtest_logreport(report):
    if report.when == "teardown" and "test_inference[queued-matched-plain-fp32-bs1]" in report.nodeid:
        is_up.append(True)
"""
PLAN_ALONE = """

import pytest
from harness.session.pace.pacing import PACE

@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    pace = session.config.stash[PACE]
    print(f"PLANNED {pace.until} {pace.budget.seconds:g} {[item.name for item in session.items]}")
    return True
"""
NO_GPU = """

from harness.session import gpu

gpu.present = lambda: False
"""
KNOWN = """

from harness.session.pace.expected import Expected

Expected.knows = lambda self, cases: True
Expected.seconds = lambda self, case: {seconds}[case.batch_size]
"""
GATED = """
import pytest

@pytest.mark.cases("core", "gate", phase="train_step", style="stock", workload="frozen", batch_size=8)
@pytest.mark.cases("core", phase="train_step", style="stock", workload="frozen", batch_size=16)
@pytest.mark.cases("gate", phase="train_step", style="stock", workload="frozen", batch_size=32)
@pytest.mark.cases(phase="train_step", style="stock", workload="frozen", batch_size=64)
def test_train_step(measure):
    measure()
"""
CACHED = ("-p", "cacheprovider", "-k", "inference and bs8")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("5m", 300.0), ("2h", 7200.0), ("0.5h", 1800.0), ("1.5m", 90.0), ("none", math.inf)]
)
def test_a_time(text: str, seconds: float) -> None:
    assert budget_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "0s", "0.0m", "-5m", "5 m", "5min", "m", "soon", "inf", "nan", "5m ", "1e3s", "5m30s", "None"])
def test_no_time(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(f"{text!r} is no time: write 90s, 5m or 2h, or none")):
        budget_seconds(text)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--budget=soon", "argument --budget: 'soon' is no time: write 90s, 5m or 2h, or none for as long as it takes"),
        ("--measure-until=forever", "argument --measure-until: invalid choice: 'forever' (choose from "),
    ],
)
def test_bad_options_are_named(inner: InnerRun, option: str, said: str) -> None:
    inner.use("sound", "queued")
    code, output = inner.run(option)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert said in output
    assert "measuring" not in output


def planned(inner: InnerRun, *arguments: str) -> tuple[str, str]:
    """What a session is measured for and its budget in seconds, and what it prints; nothing is measured."""
    code, output = inner.run(*arguments)
    assert code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    found = re.search(r"PLANNED (\w+ \w+) ", output)
    assert found
    return found[1], output


class Item:
    """A test's part that is asked."""

    def __init__(self, *markers: str) -> None:
        self.stash = {CASE: case(FIRST)}
        self.get_closest_marker = {each: each for each in markers}.get


OTHER: Any = SimpleNamespace(stash={})  # of another kind
CORE, GATE, BOTH, NEITHER = ["core"], ["gate"], ["core", "gate"], []


@pytest.mark.parametrize(
    ("chosen", "items", "until", "seconds"),
    [
        ("", [CORE, BOTH], Until.ANSWERED, CORE_SECONDS),
        ("core", [CORE, BOTH], Until.ANSWERED, CORE_SECONDS),
        ("core and not gate", [CORE], Until.ANSWERED, CORE_SECONDS),
        ("core or gate", [CORE, BOTH, GATE], Until.ANSWERED, math.inf),
        ("not core and not gate", [NEITHER], Until.ANSWERED, math.inf),
        ("gate", [BOTH, GATE], Until.PRECISE, math.inf),
        ("(gate)and core", [BOTH], Until.PRECISE, math.inf),
        ("gate or something", [BOTH, CORE], Until.ANSWERED, CORE_SECONDS),
        ("investigate", [BOTH], Until.ANSWERED, CORE_SECONDS),
        ("", [BOTH], Until.ANSWERED, CORE_SECONDS),  # as a single case is chosen by its name
        ("", [CORE, NEITHER], Until.ANSWERED, math.inf),
        ("", [], Until.ANSWERED, math.inf),
    ],
)
def test_the_core_set_has_five_minutes_and_the_gate_measures_until_precise(
    monkeypatch: pytest.MonkeyPatch, chosen: str, items: list[list[str]], until: Until, seconds: float
) -> None:
    monkeypatch.setattr(pacing.gpu, "present", lambda: False)
    found: list[Any] = [OTHER, *(Item(*each) for each in items)]
    config: Any = SimpleNamespace(option=SimpleNamespace(markexpr=chosen, benchmark_compare=None), stash={options.KEY: CHOSEN})
    assert until_of(config, found) is until
    assert budget_seconds_of(config, found) == seconds
    monkeypatch.setattr(pacing.gpu, "present", lambda: True)
    assert budget_seconds_of(config, found) == math.inf


@pytest.mark.parametrize("marked", [CORE, GATE, BOTH, NEITHER])
def test_what_is_said_is_what_is_done(marked: list[str]) -> None:
    items: list[Any] = [Item(*marked)]
    for until in Until:
        for seconds in (90.0, math.inf):
            own = replace(CHOSEN, until=until, budget_seconds=seconds)
            config: Any = SimpleNamespace(option=SimpleNamespace(markexpr="gate", benchmark_compare=None), stash={options.KEY: own})
            assert until_of(config, items) is until
            assert budget_seconds_of(config, items) == seconds


@pytest.mark.parametrize(
    ("arguments", "found", "limit"),
    [
        ([], "answered 300", "the budget is 5 min (--budget)"),
        (["-m", "gate"], "precise inf", ""),
        (["-m", "gate", "--budget=2h", "--measure-until=answered"], "answered 7200", "the budget is 2 h (--budget)"),
    ],
)
def test_the_plan_tells_the_budget(inner: InnerRun, arguments: list[str], found: str, limit: str) -> None:
    inner.use("sound", "queued")
    inner.options = SHORT
    (inner.folder / "benchmarks" / "test_inner.py").write_text(GATED)
    add(inner, PLAN_ALONE + NO_GPU)
    told, output = planned(inner, *arguments)
    assert told == found
    (line,) = (each for each in output.splitlines() if each.startswith("plan: "))
    assert line.partition("; ")[2] == limit


@pytest.mark.parametrize("option", ["--benchmark-disable", "--benchmark-skip", "--collect-only"])
def test_a_session_that_times_nothing_has_no_plan(inner: InnerRun, option: str) -> None:
    inner.use("sound", "queued")
    add(inner, PLAN_ALONE)
    assert "plan: " not in inner.run(option)[1]


def test_what_is_quick_comes_first_and_a_comparisons_sides_are_neighbours(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    add(inner, PLAN_ALONE + KNOWN.format(seconds={1: 50.0, 8: 20.0}))
    _, output = planned(inner, *INFERENCE)
    assert "plan: 2 comparisons, about 1 min 40 s, as last time on this machine" in output, "with the inputs, of which nothing is known"
    sides = [f"test_inference[{side}-matched-plain-fp32-bs{size}]" for size in (8, 1) for side in ("sound", "queued")]
    assert f"PLANNED answered inf {sides}" in output


def test_what_is_known_to_have_no_room_is_left_out_and_the_rest_is_measured(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    add(inner, KNOWN.format(seconds={1: 500.0, 8: 2.0}))
    code, output = inner.run("--budget=3m", "--benchmark-json=out.json", "-rs", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "plan: 2 comparisons, about 3 min, as last time on this machine; the budget is 3 min (--budget)" in output
    assert "2 passed, 2 skipped" in output
    assert "not measured: the budget of 3 min has no room for it; about 8 min" in output
    assert set(outcomes(inner.json())) == {f"test_inference[{side}-matched-plain-fp32-bs8]" for side in ("sound", "queued")}


def test_a_budget_that_is_used_up_leaves_the_rest_to_resume(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    add(inner, TIME_IS_UP)
    code, output = inner.run("--budget=5m", "--benchmark-json=early.json", "-rs", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert (
        "plan: 2 comparisons, about 1 min 30 s, a guess: not all of it has been measured on this machine before; the budget is 5 min"
        in output
    )
    assert "2 passed, 2 skipped" in output
    assert "not measured: the budget of 5 min has no room for it; about " in output
    assert " more would do (--budget)" in output
    assert "bs8: measuring" not in output
    assert inner.json("early.json")["unfinished"] == {"measured": 2, "cases": CASES, "pieces": []}
    assert "journal: unfinished, 2 of 4 cases are in .benchmarks/journals/" in output
    assert len(journals(inner)) == 1

    inner.use("sound", "queued")
    code, output = inner.run("--resume", "--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "resumed: 2 of 4 cases have been measured before, and are not measured again" in output
    assert "plan: 1 comparison, about 1 min, a guess" in output
    assert "bs1: measuring" not in output
    assert "bs8: measuring 2 sides" in output
    early, whole = (inner.json(name)["benchmarks"] for name in ("early.json", "out.json"))
    assert len(whole) == CASES
    assert [each for each in whole if each["fullname"] in {one["fullname"] for one in early}] == early
    assert "unfinished" not in inner.json()
    assert not journals(inner)


def kept(inner: InnerRun) -> dict[str, Any]:
    (found,) = json.loads((inner.folder / ".pytest_cache/v/flowers/seconds").read_text()).values()
    return found  # type: ignore[no-any-return]


def test_the_next_session_expects_what_this_one_took_whatever_becomes_of_the_cache(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    file = inner.folder / ".pytest_cache/v/flowers/seconds"
    code, output = inner.run("--benchmark-disable", *CACHED)
    assert not file.exists(), "a round of each tells nothing of the time it takes"
    code, output = inner.run(*CACHED)
    assert code == pytest.ExitCode.OK
    assert "a guess: not all of it has been measured on this machine before" in output
    found = kept(inner)
    seconds = found["inference matched plain fp32 bs8"] + found["inputs"]
    assert 0.0 < seconds < 120.0

    add(inner, PLAN_ALONE)
    _, output = planned(inner, *CACHED)
    assert f"plan: 1 comparison, about {max(1, round(seconds))} s, as last time on this machine" in output
    before = file.read_bytes()
    for option in ("no:cacheprovider", "cacheprovider"):
        content = b"torn" if option == "cacheprovider" else before
        file.write_bytes(content)
        _, output = planned(inner, *CACHED, "-p", option)
        assert "a guess" in output
        assert "Traceback" not in output
    file.write_bytes(before)
    _, output = planned(inner, *CACHED, "--cache-clear")
    assert "a guess" in output


def test_the_plan_is_of_what_runs(inner: InnerRun) -> None:
    """pytest takes out what did not fail last time when all else has been decided."""
    inner.use("raising", "sound")
    code, _ = inner.run("-p", "cacheprovider", "-k", "train_step and stock or inference and bs8")
    assert code == pytest.ExitCode.TESTS_FAILED
    add(inner, PLAN_ALONE)
    _, output = planned(inner, "-p", "cacheprovider", "--last-failed", "-k", "train_step and stock or inference and bs8")
    assert "plan: 1 comparison, about " in output
