"""What would go wrong when all has been measured is told before the first minute is spent, and nothing else is stood in the way of."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.session.conftest import InnerRun

ONE = ("-k", "inference and bs8")
TWO_TESTS = "2 passed"
MEASURING = "measuring"  # what the terminal says before the first worker is asked for anything


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storage of a first run."""
    first = InnerRun(tmp_path_factory.mktemp("first"))
    first.use("sound", "queued")
    code, _ = first.run("--benchmark-autosave", *ONE)
    assert code == pytest.ExitCode.OK
    return first.folder / ".benchmarks"


def refused(inner: InnerRun, *arguments: str) -> str:
    inner.use("sound", "queued")
    code, output = inner.run(*arguments, *ONE)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert MEASURING not in output
    assert "INTERNALERROR" not in output
    return output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--benchmark-json=none/out.json"], "--benchmark-json: there is no folder {folder}/none. Make it first"),
        (["--benchmark-json=folder"], "--benchmark-json: folder is a folder. Name a file."),
        (["--benchmark-json=file/out.json"], "--benchmark-json: {folder}/file is no folder."),
        (["--benchmark-autosave", "--benchmark-storage=file"], "--benchmark-storage: {folder}/file is no folder."),
        (["--benchmark-save=name", "--benchmark-storage=file://file/deep"], "--benchmark-storage: {folder}/file is no folder."),
        (["--benchmark-storage=file"], "--benchmark-storage (the journal): {folder}/file is no folder."),
        (["--benchmark-histogram=file/picture"], "--benchmark-histogram: {folder}/file is no folder."),
        (["--benchmark-cprofile=tottime", "--benchmark-cprofile-dump=file/dump"], "--benchmark-cprofile-dump: {folder}/file is no folder."),
        (["--junit-xml=file/junit.xml"], "--junit-xml: {folder}/file is no folder."),
        (["--input-cache=file/cache"], "--input-cache: {folder}/file is no folder."),
    ],
)
def test_what_cannot_be_written(inner: InnerRun, arguments: list[str], said: str) -> None:
    (inner.folder / "file").write_text("")
    (inner.folder / "folder").mkdir()
    assert said.format(folder=inner.folder) in refused(inner, *arguments)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("option", ["--benchmark-json=locked/out.json", "--junit-xml=locked/deep/junit.xml", "--benchmark-storage=locked"])
def test_what_may_not_be_written(inner: InnerRun, option: str) -> None:
    locked = inner.folder / "locked"
    locked.mkdir(mode=0o500)
    output = refused(inner, option)
    assert f"{option.partition('=')[0]}" in output
    assert f"{locked} cannot be written: permission denied." in output


def test_the_journals_folder_is_a_file(inner: InnerRun) -> None:
    (inner.folder / ".benchmarks").mkdir()
    (inner.folder / ".benchmarks/journals").write_text("")
    assert f"--benchmark-storage (the journal): {inner.folder}/.benchmarks/journals is no folder." in refused(inner)


def test_folders_are_made_where_they_are_made_today(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    made = {
        "--benchmark-storage": "deep/storage",
        "--benchmark-histogram": "pictures/of/them",
        "--junit-xml": "reports/of/junit.xml",
        "--benchmark-cprofile-dump": "profiles/of/them",
    }
    options = [f"{option}={path}" for option, path in made.items()]
    code, output = inner.run("--benchmark-autosave", "--benchmark-cprofile=tottime", *options, *ONE)
    assert code == pytest.ExitCode.OK, output
    assert len(list((inner.folder / "deep/storage").rglob("0001_*.json"))) == 1
    assert (inner.folder / "reports/of/junit.xml").is_file()
    assert list((inner.folder / "pictures/of").glob("*.svg"))
    assert not (inner.folder / ".benchmarks").exists(), "journals go where the storage is"


def test_a_fail_threshold_says_what_to_compare_with(inner: InnerRun) -> None:
    assert "--benchmark-compare-fail: add --benchmark-compare" in refused(inner, "--benchmark-compare-fail=median:5%")


def test_a_run_that_is_named_and_not_there(inner: InnerRun, stored: Path) -> None:
    shutil.copytree(stored, inner.folder / ".benchmarks")
    said = f"--benchmark-compare: no run in {inner.folder}/.benchmarks is called '0007'."
    assert said in refused(inner, "--benchmark-compare=0007", "--benchmark-compare-fail=median:5%")
    assert said in refused(inner, "--benchmark-compare=0007")


@pytest.mark.parametrize(
    ("saving", "said"), [(["--benchmark-autosave"], "this is the first"), ([], "--benchmark-autosave makes this one the first")]
)
def test_a_first_run_has_nothing_to_compare_with_and_succeeds(inner: InnerRun, saving: list[str], said: str) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-compare", "--benchmark-compare-fail=median:5%", "--benchmark-json=out.json", *saving, *ONE)
    assert code == pytest.ExitCode.OK
    note = f"nothing to compare with yet: {inner.folder}/.benchmarks has no run, and {said}"
    assert output.index(note) < output.index(MEASURING)
    assert len(inner.json()["benchmarks"]) == 2


def test_the_second_run_compares(inner: InnerRun, stored: Path) -> None:
    inner.use("sound", "queued")
    shutil.copytree(stored, inner.folder / ".benchmarks")
    code, output = inner.run("--benchmark-compare", "--benchmark-compare-fail=median:2000%", *ONE)
    assert code == pytest.ExitCode.OK
    assert "nothing to compare with" not in output
    assert "(NOW)" in output


@pytest.mark.parametrize("kind", ["file://", ""])
def test_a_storage_elsewhere_with_another_machine_s_run(
    inner: InnerRun, stored: Path, tmp_path_factory: pytest.TempPathFactory, kind: str
) -> None:
    """pytest-benchmark's warning of it was an INTERNALERROR (its issue 217)."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "storage"
    shutil.copytree(stored, elsewhere)
    (path,) = elsewhere.rglob("*.json")
    content = json.loads(path.read_text())
    content["machine_info"]["cpu"]["brand_raw"] = "Another CPU"
    path.write_text(json.dumps(content))
    storage = f"--benchmark-storage={kind}{elsewhere}"
    output = refused(inner, "--benchmark-compare", storage)
    assert "→" in output
    assert "Another CPU" in output
    code, output = inner.run("--benchmark-compare", "--compare-anyway", storage, *ONE)
    assert code == pytest.ExitCode.OK
    assert "(NOW)" in output
    assert f"The run in {elsewhere} was measured on another machine, or with other versions." in output
    assert f"journal: {elsewhere}/journals/" in output


def test_a_storage_elsewhere_of_this_machine(inner: InnerRun, stored: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its run, too, tells another state of the machine than this one."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "storage"
    shutil.copytree(stored, elsewhere)
    inner.use("sound", "queued")
    code, output = inner.run("--benchmark-compare", f"--benchmark-storage={elsewhere}", *ONE)
    assert code == pytest.ExitCode.OK
    assert "(NOW)" in output


@pytest.mark.parametrize("option", ["--benchmark-disable", "--benchmark-skip", "--collect-only"])
def test_who_measures_nothing_is_asked_for_nothing(inner: InnerRun, option: str) -> None:
    inner.use("sound", "queued")
    (inner.folder / ".benchmarks").write_text("")
    code, output = inner.run(option, "--benchmark-compare-fail=median:5%", *ONE)
    assert code == pytest.ExitCode.OK
    assert "journal" not in output


def test_tests_without_a_case_have_no_journal(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    (inner.folder / "benchmarks/test_inner.py").write_text("def test_it(): pass")
    code, output = inner.run()
    assert code == pytest.ExitCode.OK
    assert "journal" not in output


def test_without_pytest_benchmark_s_plugin(inner: InnerRun) -> None:
    """Its options are not there, and the suite's conftest says so as it did before."""
    inner.use("sound", "queued")
    code, output = inner.run("-p", "no:benchmark", "--collect-only")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "INTERNALERROR" not in output
