"""The journal in a session that has trouble: a disk that does not take it, another's plugin that fails, tests of another kind."""

from __future__ import annotations

import json

import pytest

from harness.record.journal import read
from tests.session.conftest import InnerRun
from tests.session.test_journal import CASES, INFERENCE, add, journals

NO_FOLDER = """

import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    (session.config.rootpath / ".benchmarks").mkdir(exist_ok=True)
    (session.config.rootpath / ".benchmarks/journals").write_text("")
"""
A_FOLDER_AGAIN = """

def pytest_runtest_setup(item):
    if "bs8" in item.nodeid and (item.config.rootpath / ".benchmarks/journals").is_file():
        (item.config.rootpath / ".benchmarks/journals").unlink()
"""
FAILING = """
calls = []

def pytest_benchmark_update_machine_info(machine_info):
    calls.append(1)
    if len(calls) == 2:  # when the first comparison is complete
        raise RuntimeError("not now")
"""
PLAIN = """
def test_plain(benchmark):
    benchmark.pedantic(lambda: None)

def test_plainly_interrupted():
    raise KeyboardInterrupt
"""


def test_another_plugin_that_fails_over_the_file_costs_no_comparison(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "failing.py").write_text(FAILING)
    code, output = inner.run("-p", "failing", "--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "what a file has at its top could not be made (RuntimeError: not now)" in output
    assert len(inner.json()["benchmarks"]) == CASES
    assert inner.json()["machine_info"]["workers"]


def test_a_benchmark_of_another_kind_is_stored_where_no_case_is_complete(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks" / "test_plain.py").write_text(PLAIN)
    code, output = inner.run("--benchmark-json=out.json", "-k", "plain or inference")
    assert code == pytest.ExitCode.INTERRUPTED
    assert [each["name"] for each in inner.json()["benchmarks"]] == ["test_plain"]
    assert "Traceback" not in output


def test_what_fails_behind_the_saving_does_not_save_twice(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-autosave", "--benchmark-group-by=param:nothing", "-k", "inference and bs8")
    assert code != pytest.ExitCode.OK
    assert "KeyError" in output
    (saved,) = (inner.folder / ".benchmarks").glob("*/0*.json")
    assert len(json.loads(saved.read_text())["benchmarks"]) == 2


def test_a_disk_that_takes_no_journal_is_told_once_and_at_the_end_and_all_is_stored(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    add(inner, NO_FOLDER)
    code, output = inner.run("--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "INTERNALERROR" not in output
    assert "Traceback" not in output
    assert output.count("Measuring goes on; it is tried again.") == 1
    assert output.count("could not be written") == 1
    assert output.index("Measuring goes on") < output.index("could not be written")
    assert len(inner.json()["benchmarks"]) == CASES


def test_a_disk_that_takes_the_journal_again_has_all_of_it(inner: InnerRun) -> None:
    """And no JSON is stored: the journal alone has the figures."""
    inner.use("sound", "queued")
    add(inner, NO_FOLDER + A_FOLDER_AGAIN)
    code, output = inner.run(*INFERENCE)
    assert code == pytest.ExitCode.OK
    assert output.count("Measuring goes on; it is tried again.") == 1
    assert "could not be written" not in output
    (path,) = journals(inner)
    assert len(read(path).sides) == CASES
    assert read(path).damaged == ()
