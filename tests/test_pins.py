"""Every version that is pinned goes with each Python that is promised, from its first release on: Debian 12 has 3.11.2."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.frameworks.interpreters import interpreter

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {"pytorch": ("pytorch",), "tensorflow": ("tensorflow",), "suite": ("tests", "docs", "report")}
ASKED = """
import json, sys
from importlib.metadata import metadata, version
print(json.dumps({name: [version(name), metadata(name).get("Requires-Python") or ""] for name in sys.argv[1:]}))
"""


def promised() -> list[str]:
    """The first release of each Python that README names."""
    named = re.search(r"Python (3\.\d+), (3\.\d+) or (3\.\d+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named
    return [f"{each}.0" for each in named.groups()]


def pinned(environment: str) -> dict[str, SpecifierSet]:
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in EXTRAS[environment])]
    found = {each.name: each.specifier for each in map(Requirement, chain.from_iterable(lists))}
    return {name: specifier for name, specifier in found.items() if name != PROJECT["name"]}


def test_the_project_takes_each_python_that_it_promises_and_no_other() -> None:
    assert all(each in SpecifierSet(PROJECT["requires-python"]) for each in promised())
    first, last = Version(promised()[0]), Version(promised()[-1])
    assert f"3.{first.minor - 1}.99" not in SpecifierSet(PROJECT["requires-python"])
    assert f"3.{last.minor + 1}.0" not in SpecifierSet(PROJECT["requires-python"])


@pytest.mark.parametrize("environment", EXTRAS)
def test_what_is_pinned_goes_with_each_python_that_is_promised(environment: str) -> None:
    pins = pinned(environment)
    asked = [interpreter(environment), "-I", "-c", ASKED, *pins]
    installed = json.loads(subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout)
    stale = [f"{name} {version}" for name, (version, _) in installed.items() if version not in pins[name]]
    assert not stale, f"installed in another version than pyproject.toml pins (run tox again): {stale}"
    refused = [f"{name} {told}" for name, (_, told) in installed.items() if any(each not in SpecifierSet(told) for each in promised())]
    assert not refused
