"""The whole way: two revisions checked out, measured in pairs, decided; and nothing left behind, whatever happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.session.options import pytest_addoption
from history.__main__ import main
from history.collect.unknown_options import ONLY_CHECKS
from history.records import read
from tests.history import planted_suite
from tests.history.planted_suite import git

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
DEADLINE_SECONDS = 600.0


def start(repository: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    # A session of its own, so that a signal to its group is what Ctrl-C in a terminal is.
    return subprocess.Popen(
        [sys.executable, "-m", "history", *arguments],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(PROJECT), "COLUMNS": "200"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def history(repository: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = start(repository, *arguments, **environment)
    output, errors = process.communicate(timeout=DEADLINE_SECONDS)
    assert "Traceback" not in errors
    return process.returncode, output, errors


def wait_for(condition: Any) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return planted_suite.create(tmp_path / "project")


@pytest.fixture(autouse=True)
def _leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No worktree and no process, after whatever the test did."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # for the suite's processes
    yield
    wait_for(lambda: not list(temporary.iterdir()))
    wait_for(lambda: not [each.pid for each in psutil.process_iter(["cmdline"]) if str(temporary) in " ".join(each.info["cmdline"] or [])])
    repository = tmp_path / "project"
    if repository.is_dir():
        assert len(git(repository, "worktree", "list").splitlines()) == 1
        assert not git(repository, "stash", "list")


def test_head_against_itself_passes_and_takes_no_other_comparison_in(repository: Path) -> None:
    code, output, errors = history(repository, "gate", "--base", "base")
    assert code == 0, output + errors
    assert "3 ok" in output
    assert len(list((repository / ".benchmarks/gate").glob("*-head.json"))) == 4
    planted_suite.plant(repository, 0.2)
    code, _, errors = history(repository, "gate", "--base", "base")
    assert code == 2
    assert "holds another comparison (there → here: head" in errors
    assert len(errors.splitlines()) == 1


def test_a_planted_slow_down_is_named(repository: Path) -> None:
    planted_suite.plant(repository, 0.10)
    before = git(repository, "status", "--porcelain")
    code, output, errors = history(
        repository, "gate", "--base", "base", "--json", "out.json", "--markdown", "out.md", "--junit-xml", "out.xml"
    )
    assert code == 1, output + errors
    regressed = [case["case"] for case in json.loads((repository / "out.json").read_text())["cases"] if case["verdict"] == "regressed"]
    assert regressed == ["benchmarks/test_train_step.py::test_train_step[pytorch]"]
    folder = repository / ".benchmarks/gate"
    assert len(read(folder / "04-head.json").rows) == 3
    assert [row.fullname for row in read(folder / "05-head.json").rows] == regressed  # suspects only
    assert git(repository, "status", "--porcelain", "--", "benchmarks") == before
    assert (repository / "out.md").read_text().count("pytorch") == 1
    assert "<failure" in (repository / "out.xml").read_text()
    assert history(repository, "gate", "--pairs", str(folder))[0] == 1  # the same answer from the folder alone


def test_stopped_and_continued(repository: Path) -> None:
    """Killed, interrupted and terminated, each in the middle of a pair: what was complete stays as it was."""
    folder = repository / ".benchmarks/gate"
    for number, awaited, code in (
        (signal.SIGKILL, "01-base", -signal.SIGKILL),
        (signal.SIGINT, "02-head", 130),
        (signal.SIGTERM, "03-base", 130),
    ):
        process = start(repository, "gate", "--base", "base", PLANTED_SLEEP_SECONDS="0.1")
        wait_for(lambda awaited=awaited: (folder / f"{awaited}.json").exists())
        process.send_signal(number)
        process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == code
        wait_for(lambda: not list((repository.parent / "temporary").iterdir()))
    written = {path.name: path.stat().st_mtime_ns for path in folder.glob("0[12]-*.json")}
    assert len(written) == 4
    code, output, errors = history(repository, "gate", "--base", "base")
    assert code == 0, output + errors
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("0[12]-*.json")} == written
    assert len(list(folder.glob("*-head.json"))) == 4


def test_noise(repository: Path) -> None:
    code, output, errors = history(repository, "noise", "--count", "4", "--json", "noise.json")
    assert code == 0, errors
    assert "4 pairs find" in output
    noise = json.loads((repository / "noise.json").read_text())
    assert len(noise["cases"]) == 3
    assert all(0.00005 < case["process_sd"] < 0.02 for case in noise["cases"])
    assert noise["replays_with_alarm"] / noise["replays"] < 0.05


def test_interpreters_workers_and_pytest_arguments_reach_pytest(repository: Path, tmp_path: Path) -> None:
    wrapper = tmp_path / "python-of-head"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "arguments"}\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    options = ("--head-python", str(wrapper), "--worker", "a=popen", "--head-worker", "b=popen", "--", "-k", "pytorch")
    code, output, errors = history(repository, "gate", "--base", "base", *options)
    assert code == 0, output + errors
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert len(arguments) == 4
    assert all("--worker=a=popen --worker=b=popen" in line and line.endswith(" -k pytorch") for line in arguments)
    assert json.loads((repository / ".benchmarks/gate/comparison.json").read_text())["across_environments"] is True


def test_a_check_that_the_base_does_not_know_is_left_out_there(repository: Path) -> None:
    """The first pull request after the option was added: also when it is measured in two goes."""
    planted_suite.add_option(repository, "--require-gpu")
    with_option = ("gate", "--base", "base", "--max-pairs", "4", "--", "-k", "pytorch", "--require-gpu")
    code, output, errors = history(repository, *with_option)
    assert code == 0, output + errors
    base = git(repository, "rev-parse", "base")[:12]
    (sentence,) = (line for line in errors.splitlines() if "--require-gpu" in line)
    assert sentence == (
        f"--base: the suite of {base} does not know --require-gpu, and is measured without it. It checks the machine and changes no figure."
    )
    folder = repository / ".benchmarks/gate"
    assert "1 passed" in (folder / "01-base.log").read_text()
    (folder / "04-head.json").unlink()
    code, output, errors = history(repository, *with_option)
    assert (code, errors.count(sentence)) == (0, 1), output + errors


@pytest.mark.parametrize("option", ["--twice-the-steps", "--twice-the-steps=4"])
def test_what_may_change_a_figure_is_never_left_out(repository: Path, option: str) -> None:
    planted_suite.add_option(repository, "--require-gpu")
    planted_suite.add_option(repository, "--twice-the-steps")
    code, _, errors = history(repository, "gate", "--base", "base", "--", "--require-gpu", option)
    assert code == 2
    base = git(repository, "rev-parse", "base")[:12]
    assert f"--base: the suite of {base} does not know --twice-the-steps, which may change what is measured." in errors.splitlines()[-1]
    assert not list((repository / ".benchmarks/gate").glob("01-base.*"))


def test_the_suites_own_checks_take_no_value() -> None:
    """Else leaving one out would leave its value behind, which pytest would take for a file."""
    added: dict[str, str | None] = {}

    class Recorder:
        def getgroup(self, name: str, description: str = "") -> Recorder:
            return self

        def addoption(self, *names: str, **attributes: Any) -> None:
            added.update(dict.fromkeys(names, attributes.get("action")))

    pytest_addoption(Recorder())
    assert {action for name, action in added.items() if name.startswith(ONLY_CHECKS)} == {"store_true"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("gate", "--base", "nothing"), "'nothing' is no revision of project"),
        (("gate", "--base", "--output=x"), "expected one argument"),
        (("gate", "--base", "base", "--python", "/nowhere/python"), "--base-python: /nowhere/python does not start"),
        (("gate", "--base", "base", "--", "-k", "nothing"), "exit code 5 on the base side"),
        (("gate", "--base", "base", "--", "--no-such-option"), "-- --no-such-option: neither side's suite knows it"),
        (("gate", "--base", "base", "--head", "HEAD^", "--worker", "a=ssh=there"), "'HEAD^' is no revision"),
        (("gate", "--base", "base", "--worker", "a=ssh=there"), "--base-worker and --head-worker"),
        (("gate", "--base", "base", "--max-pairs", "3"), "4 is the least"),
        (("gate", "--base", "base", "--min-effect", "-1"), "no percentage"),
        (("gate", "--pairs", "nowhere"), "nowhere: no such folder"),
        (("gate",), "one of the arguments --pairs --base is required"),
        (("noise", "--pairs", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_bad_use(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], complaint: str
) -> None:
    planted_suite.plant(repository, 0.1)
    monkeypatch.chdir(repository)
    with pytest.raises(SystemExit, match="2"):  # argparse's own way out
        raise SystemExit(main(arguments))
    assert complaint in capsys.readouterr().err.splitlines()[-1]


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(("gate", "--base", "main")) == 2
    assert "not a git repository" in capsys.readouterr().err
