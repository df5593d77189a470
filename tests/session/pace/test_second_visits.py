"""Time that is left goes into what is undecided: the rounds of both visits are in all that a session leaves."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from harness.findings.ratio import ratio
from harness.record.journal import Journal, read
from harness.record.measurement import Measurement
from tests.history.test_recover import KEEP_JOURNAL, expect_same
from tests.session.conftest import DEADLINE_SECONDS, InnerRun, measurements
from tests.session.terminal.printed import row
from tests.session.test_journal import add, journals

SHORT_VISITS = """

from harness.session.pace import second_visits

second_visits.LEAST_SECONDS = 1.0
next_visit = second_visits.next_visit
second_visits.next_visit = lambda measurements, left_seconds: next_visit(measurements, min(left_seconds, 3.0))
"""
NO_WORKER_ANY_MORE = """

from harness.session.comparer import Comparer

go_on = Comparer.go_on

def going_on(self, cases, rule):
    pool = self._workbench._pool
    pool._specs = dict.fromkeys(pool._specs, "popen//python=/no/such/python")
    go_on(self, cases, rule)

Comparer.go_on = going_on
"""
CHOSEN = ("--budget=10m", "--benchmark-json=out.json", "-k", "train_step and stock")
TITLE = "train step frozen stock bs8"
FURTHER = f"{TITLE}: undecided, measuring it further"
NAMES = [f"test_train_step[{side}-stock-frozen-bs8]" for side in ("noisy", "steady")]


def prepared(folder: Path, *stand_ins: str) -> InnerRun:
    inner = InnerRun(folder)
    inner.use(*stand_ins)
    add(inner, SHORT_VISITS + KEEP_JOURNAL)
    return inner


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> tuple[InnerRun, str]:
    inner = prepared(tmp_path_factory.mktemp("visited"), "noisy", "steady")
    code, output = inner.run(*CHOSEN, "--benchmark-autosave", "--benchmark-columns=rounds,median")
    assert code == pytest.ExitCode.OK
    return inner, output


def first_visit(journal: Journal) -> dict[str, Measurement]:
    return {each.fullname.partition("::")[2]: each.measurement for each in journal.compared[0].sides}


def test_an_undecided_comparison_is_measured_further_once(visited: tuple[InnerRun, str]) -> None:
    inner, output = visited
    assert output.count(FURTHER) == 1
    rows = [line for line in output.splitlines() if f"{TITLE}: Noisy" in line]
    assert len(rows) == 2
    assert all("undecided" in line for line in rows)
    assert output.index(rows[0]) < output.index(FURTHER) < output.index(rows[1]) < output.index("side by side")
    assert len(read(inner.folder / "kept.journal").compared) == 2


def test_the_json_has_the_rounds_of_both_visits(visited: tuple[InnerRun, str]) -> None:
    inner, _ = visited
    before, both = first_visit(read(inner.folder / "kept.journal")), measurements(inner.json())
    assert list(before) == list(both) == NAMES
    for name, each in both.items():
        count = len(before[name].rounds)
        assert each.rounds[:count] == before[name].rounds
        assert len(each.rounds) > 1.5 * count
        blocks = list(dict.fromkeys(one.block for one in each.rounds))
        assert blocks == list(range(len(blocks))), "turns go on where they had ended"
        assert each.cold_start == before[name].cold_start
    assert "unfinished" not in inner.json()


def test_pytest_benchmarks_figures_are_of_both(visited: tuple[InnerRun, str]) -> None:
    inner, output = visited
    kept = {each.name: each.measurement for each in read(inner.folder / "kept.journal").sides}
    for each in inner.json()["benchmarks"]:
        measurement = kept[each["name"]]
        assert each["stats"]["rounds"] == len(measurement.rounds)
        assert each["stats"]["median"] == pytest.approx(measurement.median_step_seconds)
        assert sorted(each["stats"]["data"]) == pytest.approx(sorted(measurement.step_seconds))
        line = next(line for line in output.splitlines() if line.startswith(each["name"]))
        assert line.split()[1] == str(len(measurement.rounds))


def test_the_side_by_side_is_of_both(visited: tuple[InnerRun, str]) -> None:
    inner, output = visited
    found = ratio(*(each.measurement for each in read(inner.folder / "kept.journal").sides))
    assert found is not None
    cells = row(output.partition("side by side")[2], "frozen stock bs8")
    assert f"{found.estimate:.2f}" in cells
    assert found.interval in cells
    before = ratio(*first_visit(read(inner.folder / "kept.journal")).values())
    assert before is not None
    assert found.high / found.low < before.high / before.low, "it has narrowed"


def test_what_is_recovered_from_its_journal_is_the_stored_file(visited: tuple[InnerRun, str]) -> None:
    inner, _ = visited
    assert not journals(inner), "it is stored"
    assert inner.run_history("recover", "kept.journal", "--into", "made.json")[0] == 0
    expect_same(inner.json("made.json"), inner.json())


def test_nothing_is_left_behind(visited: tuple[InnerRun, str]) -> None:
    assert visited[0].left_behind() == []


def test_ctrl_c_in_a_second_visit_loses_nothing(tmp_path: Path) -> None:
    inner = prepared(tmp_path, "noisy", "steady")
    path = inner.folder / "conftest.py"
    path.write_text(path.read_text().replace("min(left_seconds, 3.0)", "left_seconds"))
    process = inner.start(*CHOSEN)
    assert process.stdout is not None
    begun = []
    for line in process.stdout:
        begun.append(line)
        if FURTHER in line:
            break
    journal = with_further_turns(inner)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, "".join(begun) + output
    assert measurements(inner.json()) == first_visit(journal)
    assert "unfinished" not in inner.json()
    assert "side by side" in output
    assert not journals(inner)
    assert inner.left_behind() == []


def with_further_turns(inner: InnerRun) -> Journal:
    """The journal, once it has turns of a second visit."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        (path,) = journals(inner)
        found = read(path)
        if len(found.lines) > found.lines.index(found.compared[0]) + 4:
            return found
        time.sleep(0.1)
    raise AssertionError("no turns of a second visit")


def test_a_second_visit_that_cannot_begin_changes_nothing(tmp_path: Path) -> None:
    inner = prepared(tmp_path, "noisy", "steady")
    add(inner, NO_WORKER_ANY_MORE)
    code, output = inner.run(*CHOSEN)
    assert code == pytest.ExitCode.OK
    assert FURTHER in output
    before = first_visit(read(inner.folder / "kept.journal"))
    for name, each in measurements(inner.json()).items():
        assert each == before[name]


@pytest.mark.parametrize(
    ("stand_ins", "options"),
    [
        (("steady", "slower"), CHOSEN),  # decided
        (("noisy", "steady"), ("--measure-until=precise", *CHOSEN)),  # nobody asked who is ahead
        (("noisy", "steady"), (*CHOSEN, "--budget=none")),  # no time was given
        (("noisy",), CHOSEN),  # nobody to be ahead of
    ],
)
def test_no_second_visit(tmp_path: Path, stand_ins: tuple[str, ...], options: tuple[str, ...]) -> None:
    inner = prepared(tmp_path, *stand_ins)
    code, output = inner.run(*options)
    assert code == pytest.ExitCode.OK
    assert "measuring it further" not in output
    assert re.search(rf"{TITLE}: measuring", output)
