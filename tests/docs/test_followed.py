"""The pages on runs that were kept, followed command by command in one folder, with stand-ins in the place of the frameworks."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.commands import Kind, kind
from tests.docs.pages import commands
from tests.session.conftest import InnerRun

pytestmark = pytest.mark.slow

ORDER = (
    "pytest benchmarks --benchmark-autosave",
    "pytest benchmarks --benchmark-compare",
    "pytest benchmarks --benchmark-json=out.json --benchmark-histogram",
    "pytest-benchmark compare",
    "python -m history report .benchmarks --output site",
    "python -m history keep .benchmarks/Linux-*/*.json --into nights",
    "python -m history report nights --output site",
    "python -m history recover",
)


BENCHMARK = """
import pytest

@pytest.mark.cases("core", phase="inference", style="matched", workload="inference", execution="plain", precision="fp32", batch_size=8)
def test_inference(measure):
    measure()
"""


def test_these_are_the_commands_of_the_pages() -> None:
    assert {each.text for each in commands() if kind(each.text) is Kind.FOLLOWED} == set(ORDER)


def test_the_commands_follow_one_another(inner: InnerRun) -> None:
    inner.use("steady", "slower")
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.set(XDG_CACHE_HOME=str(inner.folder / "cache"))
    for command in ORDER:
        assert done(inner, command) == 0, command
    for made in ("out.json", "site/index.html", "site/data/history.csv"):
        assert (inner.folder / made).is_file(), made
    assert len(list((inner.folder / "nights").glob("*.json.gz"))) == 1
    assert list(inner.folder.glob("benchmark_*.svg"))


def done(inner: InnerRun, command: str) -> int:
    """Its exit code. What is matched by a star is what a shell would match."""
    program, *words = [part for word in shlex.split(command) for part in expanded(inner.folder, word)]
    if program == "pytest":
        return inner.run(*words[1:])[0]
    if program == "python":
        if words[2] == "recover":  # of a session that nobody had asked for a file
            assert inner.run()[0] == 0
        return inner.run_history(*words[2:])[0]
    tool = Path(sys.executable).with_name(program)
    return subprocess.run([tool, *words], cwd=inner.folder, check=False, timeout=60).returncode


def expanded(folder: Path, word: str) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.glob(word))] if "*" in word else [word]
