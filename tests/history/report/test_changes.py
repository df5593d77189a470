"""Changes in words: the range, what it is shared with, what else changed, and the command that confirms it."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from history.commands.gate import add_options
from history.report.changes import Change, confirmation, machine_changes
from history.report.commits import Commits
from history.report.histories import of_machines
from history.report.storage import load
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights, Plant

ALL_OF_PYTORCH = Plant("[pytorch", 30, 1.10)
ONE = "benchmarks/test_inference.py::test_inference[tensorflow-stock-bs1]"


def found(folder: Path, machine: Machine, hashes: tuple[str, ...] = ()) -> tuple[Change, ...]:
    Nights(machine, hashes).write(folder / "storage")
    (history,) = of_machines(load(folder / "storage", folder / "cache").nights)
    return machine_changes(history, Commits(folder, hashes)).changes


def test_what_a_framework_s_cases_share_is_said_of_each(tmp_path: Path) -> None:
    changes = found(
        tmp_path, Machine(nights=50, rounds=16, cases=many_cases(10), plants=(ALL_OF_PYTORCH,), upgrade_night=30, driver_night=None, seed=3)
    )
    assert len(changes) == 10
    for change in changes:
        assert (change.framework, change.night, change.word, change.is_shared) == ("pytorch", 30, "slower", True)
        assert change.environment == ("framework: torch 2.14.0 → torch 2.14.1",)
        assert change.low < 0.10 < change.high
        assert not change.new


def test_one_case_s_own_change_is_its_own(tmp_path: Path) -> None:
    plant = Plant("pytorch-matched-eager-fp32-frozen-bs1]", 30, 0.9)
    (change,) = found(tmp_path, Machine(nights=33, rounds=16, cases=many_cases(10), plants=(plant,)))
    assert (change.word, change.worse, change.is_shared, change.shared_by) == ("faster", False, False, 1)
    assert change.new  # three nights old: last night it was not found
    assert change.before is not None
    assert change.after is not None
    assert change.after < change.before


def test_nights_of_one_commit_have_no_range(tmp_path: Path) -> None:
    same = ("a" * 40,) * 40
    plant = Plant("pytorch-matched-eager-fp32-frozen-bs1]", 20, 1.2)
    (change,) = found(tmp_path, Machine(nights=40, rounds=16, cases=many_cases(10), plants=(plant,)), same)
    assert change.commit_before == change.commit_after
    assert change.between is None
    assert "--base-worker" in change.command


def test_the_command_is_one_that_the_gate_takes() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    for before, after in (("a" * 40, "b" * 40), ("a" * 40, "a" * 40)):
        words = shlex.split(confirmation(before, after, ONE, "tensorflow"))
        assert words[:4] == ["python", "-m", "history", "gate"]
        options = parser.parse_args(words[4:])
        assert options.pytest_arguments == ["-m", "core or not core", "-k", "test_inference[tensorflow-stock-bs1]"]


def test_a_hostile_name_does_not_get_into_the_command() -> None:
    command = confirmation("a" * 40, "b" * 40, "benchmarks/test_x.py::test_x[$(touch /tmp/owned); rm -rf ~]", "pytorch")
    assert "owned" not in command
    assert confirmation(None, "b" * 40, ONE, "pytorch") == ""
