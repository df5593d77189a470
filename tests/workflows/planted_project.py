"""This project as it is on a forge, with a quick suite: its own session, gate and history, on stand-ins with a time that is planted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PARTS = ("fixtures", "harness", "history", "tests/stand_in", ".github/workflows")
FILES = ("pyproject.toml", "tox.ini", "tests/__init__.py", "tests/endurance/__init__.py", "tests/endurance/telling.py")
CONFTEST = """
from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing

FRAMEWORKS.clear()
for name, title in (("pytorch", "PyTorch"), ("tensorflow", "TensorFlow")):
    own = {{"title": title, "module": f"planted.{{name}}", "original": "tests.stand_in.original" if name == "pytorch" else ""}}
    FRAMEWORKS[name] = Listing(executions={{"plain": "plain"}}, **own)

pytest_plugins = {plugins}
"""
BENCHMARK = """
import pytest

@pytest.mark.cases("core", "gate", phase="train_step", style="stock", workload="frozen", batch_size=8)
@pytest.mark.cases("gate", phase="train_step", style="stock", workload="full", batch_size=8)
def test_train_step(measure):
    measure()
"""
FRAMEWORK = """
from tests.stand_in.clocked import Clocked

__getattr__ = Clocked(seconds={seconds}).__getattribute__
"""
BROKEN = """
raise RuntimeError("planted")
"""
STEP_SECONDS = 0.5
ADDED = re.compile(r'    group.addoption\(\n        "--require-gpu",\n.*?\n    \)\n', re.DOTALL)
READ = 'config.getoption("require_gpu")'


def create(folder: Path) -> None:
    for part in PARTS:
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    plugins = (PROJECT / "conftest.py").read_text().removeprefix("pytest_plugins = ")
    (folder / "conftest.py").write_text(CONFTEST.format(plugins=plugins))
    (folder / ".gitignore").write_text("__pycache__/\n.tox/\n.benchmarks/\n.pytest_cache/\n")
    (folder / "benchmarks").mkdir()
    (folder / "benchmarks" / "test_planted.py").write_text(BENCHMARK)
    (folder / "planted").mkdir()
    for framework in ("pytorch", "tensorflow"):
        plant(folder, framework, STEP_SECONDS)


def plant(folder: Path, framework: str, step_seconds: float) -> None:
    (folder / "planted" / f"{framework}.py").write_text(FRAMEWORK.format(seconds=step_seconds))


def break_framework(folder: Path, framework: str) -> None:
    """Each of its cases fails."""
    (folder / "planted" / f"{framework}.py").write_text(BROKEN)


@contextmanager
def without_require_gpu(folder: Path) -> Iterator[None]:
    """The suite as it was before it had that option."""
    options = folder / "harness" / "session" / "options.py"
    text = options.read_text()
    assert len(ADDED.findall(text)) == text.count(READ) == 1
    options.write_text(ADDED.sub("", text).replace(READ, "False"))
    yield
    options.write_text(text)
