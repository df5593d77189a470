"""Options: pytest's that the suite adds, pytest-benchmark's that it uses, and those of `python -m history`."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest_benchmark.plugin
from _pytest.config.argparsing import Parser

from harness.session import options
from harness.session.journal import journaling
from history.commands.command_line import COMMANDS
from history.report import cache
from tests.docs.reference.markdown import code, page, table

MOMENT = re.compile(r"(_[0-9a-z]+)?_\d{8}_\d{6}(_uncommitted-changes)?")  # commit and time, in the names that pytest-benchmark would give
HEADS = ("option", "what it does")
OF_PYTEST_BENCHMARK = (  # those that these pages name; `pytest --help` has all
    *("autosave", "save", "storage", "json", "compare", "compare-fail", "histogram", "disable"),
    *("min-rounds", "max-time", "precision", "confidence"),
)


def of_the_suite() -> list[argparse.Action]:
    return _added("frameworks", options.pytest_addoption, journaling.pytest_addoption)


def of_pytest_benchmark() -> list[argparse.Action]:
    every = {each.option_strings[0]: each for each in _added("benchmark", pytest_benchmark.plugin.pytest_addoption)}
    return [every[f"--benchmark-{name}"] for name in OF_PYTEST_BENCHMARK]


def of_command(command: ModuleType) -> list[argparse.Action]:
    parser = argparse.ArgumentParser(add_help=False)
    command.add_options(parser)
    return parser._actions


def markdown() -> str:
    return page(
        "Options",
        "Every option of `pytest benchmarks` and of `python -m history`, in the programs' own words.",
        "## `pytest benchmarks`",
        "What the suite adds to pytest:",
        table(HEADS, map(_row, of_the_suite())),
        "## pytest-benchmark's",
        "Those that these pages use. The suite sets four of the defaults in `pyproject.toml`: `--benchmark-min-rounds=3`, "
        "`--benchmark-max-time=3`,\n`--benchmark-precision=0.01` and `--benchmark-confidence=0.95`.",
        table(HEADS, map(_row, of_pytest_benchmark())),
        *(part for command in COMMANDS for part in _command(command)),
    )


def _added(group: str, *adders: Callable[[Parser], None]) -> list[argparse.Action]:
    parser = Parser(_ispytest=True)
    for add in adders:
        add(parser)
    return [option._action for option in parser.getgroup(group).options]


def _command(command: ModuleType) -> Sequence[str]:
    described = inspect.cleandoc(command.DESCRIPTION)
    return (f"## `python -m history {command.NAME}`", described, table(HEADS, map(_row, of_command(command))))


def _row(action: argparse.Action) -> tuple[str, str]:
    return code(" ".join(filter(None, (", ".join(action.option_strings), _value(action))))), _help(action)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.metavar is not None:
        return str(action.metavar).replace("|", " or ")  # no bar inside code in a table: a site and a code host escape it differently
    return " or ".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _help(action: argparse.Action) -> str:
    """With the defaults that it names, as the command line would show it."""
    values: dict[str, Any] = vars(action)
    text = (action.help or "") % values
    text = text.replace(str(cache.FOLDER), "the user's cache folder").replace("<", "&lt;")
    return MOMENT.sub("_TIME", text)
