"""tox.ini, as it is read where several environments run at the same time, and in a folder of any name."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

TOX = configparser.ConfigParser(interpolation=None)
TOX.read(Path(__file__).parents[1] / "tox.ini", encoding="utf-8")
RUNNING = [name for name in TOX.sections() if name.startswith("testenv:") and "commands" in TOX[name]]


def used(section: configparser.SectionProxy) -> set[str]:
    """Other environments whose interpreters its commands name, or its variables."""
    return set(re.findall(r"\{work_dir\}/([\w-]+)/bin/", section["commands"] + section.get("set_env", "")))


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_in_others_environments_waits_for_them(name: str) -> None:
    """tox#2639: `tox run-parallel` would run a job while its interpreters are being installed."""
    depends = {each.split()[-1] for each in re.split(r"[,\n]", TOX[name]["depends"]) if each.strip()}
    assert used(TOX[name])
    assert used(TOX[name]) <= depends


@pytest.mark.parametrize("name", RUNNING)
def test_paths_are_quoted(name: str) -> None:
    """tox#924: else a folder's name is cut at its spaces."""
    for line in TOX[name]["commands"].splitlines():
        for word in re.findall(r"(\S*)\{work_dir\}", line):
            assert word.startswith('"'), line
