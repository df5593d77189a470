"""The journal in a session: what is gone on with, what is refused, when it stays and when it goes, and what it does on a bad disk."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from harness.record.journal import Compared, Writer, read
from harness.record.measurement import Measurement
from tests.session.conftest import PROJECT, InnerRun, outcomes

pytestmark = pytest.mark.slow

INFERENCE = ("-k", "inference")  # two comparisons of two sides
CASES = 4
STOP_BEHIND_THE_FIRST = """

def pytest_runtest_logreport(report):
    if report.when == "teardown" and "test_inference[queued-matched-plain-fp32-bs1]" in report.nodeid:
        raise KeyboardInterrupt
"""
SKIPPED = """

@pytest.mark.skip(reason="not today")
@pytest.mark.cases("core", phase="memory", style="matched", workload="frozen", execution="plain", precision="fp32", batch_size=8)
def test_inference_memory(measure):
    measure()
"""


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a session that was interrupted behind the first of its two comparisons."""
    inner = InnerRun(tmp_path_factory.mktemp("stopped"))
    inner.use("sound", "queued")
    add(inner, STOP_BEHIND_THE_FIRST)
    code, output = inner.run("--benchmark-json=early.json", *INFERENCE)
    assert code == pytest.ExitCode.INTERRUPTED
    assert "journal: unfinished, 2 of 4 cases are in .benchmarks/journals/" in output
    assert set(outcomes(inner.json("early.json"))) == {f"test_inference[{side}-matched-plain-fp32-bs1]" for side in ("sound", "queued")}
    return inner.folder


@pytest.fixture
def unfinished(inner: InnerRun, stopped: Path) -> InnerRun:
    """A copy of that folder, without what stopped it."""
    for name in (".benchmarks", "benchmarks"):
        shutil.copytree(stopped / name, inner.folder / name, dirs_exist_ok=True)
    shutil.copy(stopped / "early.json", inner.folder)
    inner.use("sound", "queued")
    return inner


def add(inner: InnerRun, text: str, name: str = "conftest.py") -> None:
    path = inner.folder / name
    path.write_text(path.read_text() + text)


def journals(inner: InnerRun) -> list[Path]:
    return sorted((inner.folder / ".benchmarks/journals").glob("*.journal"))


def rewrite(path: Path, section: str, field: str, value: object) -> None:
    """The journal as a session on another machine, or with other workers, would have left it."""
    journal = read(path)
    path.unlink()
    writer = Writer(path)
    writer.append(journal.opened)
    for line in journal.lines:
        if isinstance(line, Compared):
            if section == "environment":
                sides = tuple(
                    msgspec.structs.replace(
                        side,
                        measurement=msgspec.structs.replace(
                            side.measurement, environment=side.measurement.environment | {field: str(value)}
                        ),
                    )
                    for side in line.sides
                )
                line = msgspec.structs.replace(line, sides=sides)
            else:
                line.frame["machine_info"][section][field] = value
        writer.append(line)
    writer.close()


def test_a_resumed_session_measures_what_is_left_and_stores_all(unfinished: InnerRun) -> None:
    code, output = unfinished.run("--resume", "--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "resumed: 2 of 4 cases have been measured before, and are not measured again" in output
    assert "bs1: measuring" not in output
    assert "bs8: measuring 2 sides" in output
    assert "its figures are stored, and it is removed" in output
    early, whole = (unfinished.json(name)["benchmarks"] for name in ("early.json", "out.json"))
    assert len(whole) == CASES
    assert [each for each in whole if each["fullname"] in {one["fullname"] for one in early}] == early
    assert "unfinished" not in unfinished.json()
    assert not (unfinished.folder / ".benchmarks/journals").exists()


TOLD = sys.executable.removeprefix(f"{PROJECT}/")  # in a checkout elsewhere it is the same


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--benchmark-min-rounds=4"], "--benchmark-min-rounds: 3 → 4"),
        (["--case-timeout=59"], "--case-timeout: 60.0 → 59.0"),
        (["-k", "inference and bs1"], "cases: 4 → 2 (2 only then, 0 only now)"),
        (["-k", "inference or memory"], "cases: 4 → 6 (0 only then, 2 only now)"),
        ([f"--worker=sound=popen//python={sys.executable}"], f"--worker sound: popen → popen//python={TOLD}"),
        (["--model=mlp"], "models: resnet50 → mlp"),
        (["--experiment=exp1_resnet50_bs32_lr1e-3_e10"], "experiment: exp2_resnet50_bs8_lr1e-3_e10"),
    ],
)
def test_another_session_s_work_is_refused_and_what_differs_is_named(unfinished: InnerRun, arguments: list[str], said: str) -> None:
    (path,) = journals(unfinished)
    before = path.read_bytes()
    code, output = unfinished.run("--resume", *INFERENCE, *arguments)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert f"--resume: {path} is of other work (then → now):" in output
    assert said in output
    assert ": measuring" not in output
    assert path.read_bytes() == before


def test_other_code_is_refused(unfinished: InnerRun) -> None:
    add(unfinished, "\n# changed", "benchmarks/test_inner.py")
    code, output = unfinished.run("--resume", *INFERENCE)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "code: " in output
    assert ": measuring" not in output


def test_another_machine_is_refused(unfinished: InnerRun) -> None:
    rewrite(journals(unfinished)[0], "cpu", "brand_raw", "Another CPU")
    code, output = unfinished.run("--resume", *INFERENCE)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "cpu: Another CPU → " in output
    assert ": measuring" not in output


def test_other_workers_are_refused_as_soon_as_they_tell(unfinished: InnerRun) -> None:
    rewrite(journals(unfinished)[0], "environment", "framework", "stand-in 0")
    code, output = unfinished.run("--resume", "--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "framework: stand-in 0 → " in output
    assert [side.fullname for side in read(journals(unfinished)[0]).sides] == [each["fullname"] for each in unfinished.json()["benchmarks"]]


def test_the_newest_of_the_same_work_is_gone_on_with(unfinished: InnerRun) -> None:
    """One of other work is newer, and one that cannot be read is the newest."""
    (path,) = journals(unfinished)
    shutil.copy(path, newer := path.with_name("2999-01-01T00-00-00-1.journal"))
    rewrite(newer, "cpu", "brand_raw", "Another CPU")
    path.with_name("2999-01-01T00-00-00-2.journal").write_text("torn")
    code, output = unfinished.run("--resume", "--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "resumed: 2 of 4" in output
    assert not path.exists()
    assert len(journals(unfinished)) == 2


def test_a_journal_in_use_is_not_gone_on_with(unfinished: InnerRun) -> None:
    (path,) = journals(unfinished)
    writer = Writer(path, path.stat().st_size)
    code, output = unfinished.run("--resume", "--benchmark-json=out.json", *INFERENCE)
    writer.close()
    assert code == pytest.ExitCode.OK
    assert "nothing to resume" in output
    assert journals(unfinished) == [path]


def test_where_there_is_nothing_to_resume_all_is_measured(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("--resume", "--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "nothing to resume: there is no unfinished journal, and all is measured" in output
    assert len(inner.json()["benchmarks"]) == CASES


def test_an_unfinished_journal_is_announced_and_left(unfinished: InnerRun) -> None:
    (path,) = journals(unfinished)
    code, output = unfinished.run("--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    said = f"an unfinished journal is there, {path.relative_to(unfinished.folder)}: --resume goes on with it"
    assert output.index(said) < output.index("measuring")
    assert "bs1: measuring" in output
    assert journals(unfinished) == [path]


def test_a_session_that_stores_nothing_keeps_its_journal_and_says_how_to_recover(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    code, output = inner.run("-k", "inference and bs8")
    assert code == pytest.ExitCode.OK
    (path,) = journals(inner)
    assert f"no JSON has these figures; {path.relative_to(inner.folder)} has: `python -m history recover" in output
    assert inner.run_history("recover", "--into", "out.json")[0] == 0
    assert len(inner.json()["benchmarks"]) == 2


def test_what_nobody_asked_to_store_is_not_gone_on_with_but_where_the_session_was_killed_before_it_could_tell(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    assert inner.run("-k", "inference and bs8")[0] == pytest.ExitCode.OK
    (path,) = journals(inner)
    _, output = inner.run("--resume", "--benchmark-json=out.json", "-k", "inference and bs8")
    assert "nothing to resume" in output
    assert journals(inner) == [path]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    before = {each.fullname: each.measurement for each in read(path).sides}
    _, output = inner.run("--resume", "--benchmark-json=out.json", "-k", "inference and bs8")
    assert "resumed: 2 of 2 cases have been measured before" in output
    assert ": measuring" not in output
    stored = {each["fullname"]: each["extra_info"]["measurement"] for each in inner.json()["benchmarks"]}
    assert {name: msgspec.convert(each, Measurement) for name, each in stored.items()} == before
    assert not journals(inner)


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
@pytest.mark.parametrize("stand_ins", [("raising", "sound"), ("sound", "raising", "queued")])
def test_a_failure_that_ends_the_session_keeps_what_other_sides_had(inner: InnerRun, option: str, stand_ins: tuple[str, ...]) -> None:
    """They were measured in turns, and their tests are not come to."""
    inner.use(*stand_ins)
    code, _ = inner.run(option, "--benchmark-json=out.json", "-k", "train_step and stock or inference and bs8")
    assert code == pytest.ExitCode.TESTS_FAILED
    found = outcomes(inner.json())
    stock = {name: outcome for name, outcome in found.items() if "stock" in name}
    assert stock == {f"test_train_step[{name}-stock-frozen-bs8]": "error" if name == "raising" else "ok" for name in stand_ins}
    assert set(found) - set(stock) == {f"test_inference[{name}-matched-plain-fp32-bs8]" for name in stand_ins}
    order = [each["fullname"].partition("[")[2].partition("-")[0] for each in inner.json()["benchmarks"] if "stock" in each["fullname"]]
    assert order == [name for name in stand_ins if name != "raising"]
    assert "unfinished" not in inner.json(), "all has been measured: only tests are left"


def test_an_early_end_leaves_the_rest_to_be_resumed(inner: InnerRun) -> None:
    """The comparison that failed is measured: it is not measured again, and fails again."""
    inner.use("raising", "sound")
    arguments = ("--benchmark-json=out.json", "-k", "train_step and stock or memory")
    code, _ = inner.run("-x", *arguments)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert inner.json()["unfinished"]["cases"] == CASES
    code, output = inner.run("--resume", *arguments)
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "resumed: 2 of 4" in output
    assert output.count("measuring 2 sides") == 1
    assert len(outcomes(inner.json())) == CASES
    assert not journals(inner)


def test_a_session_of_which_only_skipped_tests_are_left_is_finished(inner: InnerRun) -> None:
    inner.use("sound", "queued")
    add(inner, SKIPPED, "benchmarks/test_inner.py")
    code, output = inner.run("--benchmark-json=out.json", *INFERENCE)
    assert code == pytest.ExitCode.OK
    assert "2 skipped" in output
    assert "unfinished" not in inner.json()
    assert "its figures are stored, and it is removed" in output
    assert not journals(inner)
