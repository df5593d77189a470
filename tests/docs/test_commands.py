"""Every command of README and of the pages does what it can do without a network and a GPU: unknown ones and wrong options fail."""

from __future__ import annotations

import configparser
import importlib.util
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from history.commands import command_line
from tests.docs.commands import Kind, kind
from tests.docs.pages import PROJECT, Command, commands
from tests.docs.reader import arguments, collected, equipped

pytestmark = [pytest.mark.slow, pytest.mark.early]

COMMANDS = commands()
TOX = configparser.ConfigParser(interpolation=None)
TOX.read(PROJECT / "tox.ini")
LABELS = dict(line.split(" = ", 1) for line in TOX["tox"]["labels"].strip().splitlines())
MEANT_FOR_TOX = re.compile(r"tox run -m (?P<label>\S+)(?: --(?: (?P<passed>.*))?)?$")


def of(*kinds: Kind) -> list[Command]:
    """Each once, however many pages have it."""
    return list({each.text: each for each in COMMANDS if kind(each.text) in kinds}.values())


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return equipped(tmp_path_factory.mktemp("reader"))


def test_each_is_checked_in_some_way() -> None:
    assert [str(each) for each in COMMANDS if kind(each.text) is None] == []


def test_there_are_some_of_each_kind() -> None:
    """No kind is left over, and the pages were read at all."""
    assert {kind(each.text) for each in COMMANDS} == set(Kind)


@pytest.mark.parametrize("command", of(Kind.COLLECTED, Kind.GPU), ids=str)
def test_pytest_finds_tests(command: Command, reader: Path) -> None:
    words = arguments(command.text, reader)
    done = collected(words[words.index("pytest") + 1 :])
    assert done.returncode == pytest.ExitCode.OK, done.output


def test_a_wrong_option_would_be_found() -> None:
    assert collected(["benchmarks", "--measure-till", "answered"]).returncode == pytest.ExitCode.USAGE_ERROR
    assert collected(["benchmarks", "-k", "no_such_word"]).returncode == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("command", of(Kind.TOX), ids=str)
def test_tox_has_the_label(command: Command, reader: Path) -> None:
    found = MEANT_FOR_TOX.search(command.text)
    assert found
    assert found["label"] in LABELS
    if found["passed"] and found["label"].startswith("bench"):
        done = collected(["benchmarks", *arguments(found["passed"], reader)])
        assert done.returncode == pytest.ExitCode.OK, done.output


@pytest.mark.parametrize("command", of(Kind.PARSED), ids=str)
def test_history_has_the_options(command: Command, reader: Path) -> None:
    words = arguments(command.text, reader)
    parsed = command_line.parser().parse_args(words[words.index("history") + 1 :])
    passed_on = getattr(parsed, "pytest_arguments", [])
    if passed_on:
        done = collected(["benchmarks", "-m", "gate", *passed_on])
        assert done.returncode == pytest.ExitCode.OK, done.output


@pytest.mark.parametrize("command", of(Kind.NAMED), ids=str)
def test_history_has_the_command(command: Command) -> None:
    assert {*command.text.split()[3:]} <= {each.NAME for each in command_line.COMMANDS}


@pytest.mark.parametrize("command", of(Kind.MODULE), ids=str)
def test_the_program_is_there(command: Command) -> None:
    module = shlex.split(command.text)[2]
    found = importlib.util.find_spec(module)
    assert found
    main = found if not found.submodule_search_locations else importlib.util.find_spec(f"{module}.__main__")
    assert main
    assert main.origin
    assert "__main__" in Path(main.origin).read_text(encoding="utf-8") or main.name.endswith("__main__")


@pytest.mark.parametrize("command", of(Kind.TOOL), ids=str)
def test_the_tool_is_one_of_the_tests(command: Command) -> None:
    for part in command.text.split(" && "):
        program, *options = part.removeprefix(".tox/suite/bin/").split()
        assert " ".join([f'"{{work_dir}}/suite/bin/{program}"', *options]) in TOX["testenv:tests"]["commands"]


@pytest.mark.parametrize("command", of(Kind.SYNTAX), ids=str)
def test_the_shell_understands_it(command: Command) -> None:
    assert subprocess.run(["bash", "-n", "-c", command.text], check=False).returncode == 0


def test_the_shell_that_the_pages_set_up_has_the_workers(reader: Path) -> None:
    """What they tell to export is what pytest takes: one worker a framework."""
    exports = "; ".join(each.text for each in COMMANDS if each.text.startswith("export"))
    command = f'{exports}; printf "%s" "$PYTEST_ADDOPTS"'
    said = subprocess.run(["bash", "-c", command], cwd=reader, capture_output=True, text=True, check=True).stdout
    words = shlex.split(said)
    assert words == [
        word
        for framework in ("pytorch", "tensorflow")
        for word in ("--worker", f"{framework}=popen//python={reader}/.tox/{framework}/bin/python")
    ]
    assert collected(["benchmarks", *words]).returncode == pytest.ExitCode.OK
