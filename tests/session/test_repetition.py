"""A session measures a case once: what repeats its test is refused, as the second would store a copy of the first one's figures."""

from __future__ import annotations

import pytest

from tests.session.conftest import InnerRun

# As pytest-repeat does it: each test has one more parameter.
REPEATING = """
import pytest

def pytest_addoption(parser):
    parser.addoption("--count", type=int, default=1)

@pytest.fixture
def step_number(request):
    return request.param

@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc):
    count = metafunc.config.getoption("count")
    if count > 1:
        metafunc.fixturenames.append("step_number")
        metafunc.parametrize("step_number", range(count), indirect=True, ids=[f"{each + 1}-{count}" for each in range(count)])
"""
PLAIN = "def test_plain(): pass\n"


@pytest.fixture
def repeating(inner: InnerRun) -> InnerRun:
    inner.use("sound", "queued")
    (inner.folder / "repeating.py").write_text(REPEATING)
    (inner.folder / "benchmarks/test_plain.py").write_text(PLAIN)
    inner.options = (*inner.options, "-p", "repeating")
    return inner


def test_a_case_that_a_plugin_repeats_is_refused(repeating: InnerRun) -> None:
    code, output = repeating.run("--count=2", "-k", "inference and bs8")
    assert code == pytest.ExitCode.USAGE_ERROR
    named = "test_inference[sound-matched-plain-fp32-bs8-1-2] and test_inference[sound-matched-plain-fp32-bs8-2-2]: one case, twice."
    assert named in output
    assert "leave out the option that repeats tests (--count, say" in output
    assert "measuring" not in output
    assert repeating.left_behind() == []


@pytest.mark.parametrize(
    ("options", "ended"),
    [
        (["-k", "inference and bs8", "--benchmark-json=out.json"], "2 passed"),  # it is there, and repeats nothing
        (["--count=2", "-k", "plain_one"], "2 passed"),
        (["--count=2", "-k", "inference and bs8", "--collect-only"], "4/30 tests collected"),
    ],
)
def test_what_is_no_case_twice_runs(repeating: InnerRun, options: list[str], ended: str) -> None:
    (repeating.folder / "benchmarks/test_plain.py").write_text(PLAIN.replace("test_plain", "test_plain_one"))
    code, output = repeating.run(*options)
    assert code == pytest.ExitCode.OK
    assert ended in output


def test_a_file_that_is_named_twice_is_refused_where_duplicates_are_kept(repeating: InnerRun) -> None:
    file = "benchmarks/test_inner.py"
    code, output = repeating.run("--keep-duplicates", file, file, "-k", "inference and bs8")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert f"{file}::test_inference[sound-matched-plain-fp32-bs8]: one case, twice." in output
