"""Data-parallel cases the whole way, from --ranks to the JSON, by ranks that are processes and meet: also where they fail or are ended."""

from __future__ import annotations

import argparse
import signal
import subprocess
import time
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.comparison import title_of
from harness.frameworks import FRAMEWORKS
from harness.record.measurement import ALONE, EXCHANGE, Measurement, of_rank
from harness.record.outcome import Outcome
from harness.session import options
from harness.session.workbench import Workbench
from tests.session.conftest import InnerRun, measurements, outcomes
from tests.session.test_cases import collect
from tests.stand_in.ranked import BYTES, FAULT
from tests.worker.nvml import fake

pytestmark = pytest.mark.slow

BENCHMARK = """
import pytest

PHASE = {"phase": "data_parallel", "ranks": "chosen", "workload": "full"}

@pytest.mark.cases("core", **PHASE, style="matched", execution="plain", precision="fp32", batch_size=[12, "a rank"])
@pytest.mark.cases("core", **PHASE, style="stock", batch_size=8)
def test_data_parallel(measure):
    measure()
"""
MATCHED, FROZEN, STOCK = "matched-plain-fp32-full", "matched-plain-fp32-frozen", "stock-full"
BROKEN = "ValueError: the measured code is broken"
SIDES = ("ranked", "ranked_slower")


@pytest.fixture
def of_ranks(inner: InnerRun) -> InnerRun:
    (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
    inner.use(*SIDES)
    return inner


def test_one_two_and_three_ranks_to_the_json(of_ranks: InnerRun) -> None:
    code, output = of_ranks.run("--benchmark-json=out.json", "--ranks=1,2,3", "-k", "bs12 or stock")
    assert code == pytest.ExitCode.OK
    assert "no 3 ranks: a batch of 8 cannot be split into 3 equal parts" in output
    assert of_ranks.left_behind() == []
    found = measurements(of_ranks.json())
    expected = [f"{MATCHED}-bs12{ranks}" for ranks in ("", "-ranks2", "-ranks3")] + [f"{STOCK}-bs8{ranks}" for ranks in ("", "-ranks2")]
    assert set(found) == {f"test_data_parallel[{side}-{each}]" for side in SIDES for each in expected}
    for each in found.values():
        _is_whole(each)
    assert "side by side" in output


@pytest.fixture
def frozen(of_ranks: InnerRun) -> InnerRun:
    """Cases in which ranks compute what a single process does: no batch norm takes the statistics of a part of the batch."""
    (of_ranks.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK.replace('"workload": "full"', '"workload": "frozen"'))
    return of_ranks


def _is_whole(measurement: Measurement) -> None:
    ranks = measurement.case.ranks
    assert measurement.outcome is Outcome.OK, measurement.detail
    assert title_of(measurement.case).endswith(f" ranks{ranks}") == (ranks > 1)
    own = {of_rank(ALONE, number) for number in range(1, ranks)}
    assert measurement.references.keys() == ({ALONE, EXCHANGE} | own if ranks > 1 else set())
    memories = {reading.name for reading in measurement.readings if reading.name.startswith("host_anonymous_bytes")}
    assert memories == {"host_anonymous_bytes", *(of_rank("host_anonymous_bytes", number) for number in range(1, ranks))}
    assert measurement.figures.get("exchanged_bytes") == (BYTES if ranks > 1 else None)
    receipt = measurement.equal_work
    assert (receipt is not None and receipt.holds) == (measurement.case.style == "matched")
    if receipt is not None and ranks > 1:
        names = {check.name for check in receipt.checks}
        assert {"Ranked's ranks' weights", "Ranked_Slower's one process: pixels"} < names


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("ranked_parted", "Ranked_Parted's ranks' weights differ by "),
        ("ranked_summed", "Ranked_Summed's one process: weights differ by 1 of what the steps add"),
    ],
)
def test_ranks_that_do_other_work_are_not_measured(frozen: InnerRun, broken: str, told: str) -> None:
    """By whose weights part, or by a sum in the place of a mean."""
    frozen.use("ranked", broken)
    code, output = frozen.run("--benchmark-json=out.json", "--ranks=1,2", "-k", "bs12")
    assert code == pytest.ExitCode.TESTS_FAILED
    found = {name.partition("[")[2].rstrip("]"): outcome for name, outcome in outcomes(frozen.json()).items()}
    assert found[f"{broken}-{FROZEN}-bs12-ranks2"] == "unequal_work"
    assert found[f"{broken}-{FROZEN}-bs12"] == "ok"
    assert told in output


def test_ranks_that_no_single_process_can_be_compared_with_are_told(frozen: InnerRun) -> None:
    frozen.use("ranked", "ranked_only_together")
    code, output = frozen.run("--benchmark-json=out.json", "--ranks=2", "-k", "bs12")
    assert code == pytest.ExitCode.OK
    for measurement in measurements(frozen.json()).values():
        assert measurement.equal_work is not None
        weak = {check.name: check.weak for check in measurement.equal_work.checks}
        assert weak["Ranked_Only_Together's one process"].partition(" is not compared with it: ")[2].startswith(BROKEN)
        assert not any("Ranked's" in name for name, why in weak.items() if why)
        assert {"Ranked_Only_Together's ranks' weights", "Ranked's one process: weights"} < weak.keys()
    assert "weak: the check of the Ranked_Only_Together's one process: a single process could not do the ranks' work" in output


def test_a_single_process_is_asked_once_whatever_the_batch() -> None:
    """The computation that is checked is the same, and to start its processes takes longer than to measure."""
    pool, sides = mock.Mock(), [mock.Mock()]
    workbench = Workbench(pool, mock.Mock(), 60.0, mock.Mock(), mock.Mock(), mock.Mock())
    workbench._receipts = mock.Mock(have=lambda asked: asked is sides)
    workbench.check_against_one_process(sides)
    assert pool.mock_calls == []


def test_ranks_without_the_gpu_that_is_required_are_not_measured(of_ranks: InnerRun) -> None:
    """Though the driver has one: the framework sees none."""
    of_ranks.set(**fake.variables(of_ranks.folder, fake.H100))
    code, output = of_ranks.run("--require-gpu", "--ranks=1", "-k", "stock")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "Exit: --require-gpu: Ranked sees no GPU on" in output
    assert "images/s" not in output


def test_chosen_by_their_number(of_ranks: InnerRun) -> None:
    """As by every other word of their ids and titles."""
    found = {}
    for words in ("ranks2", "ranks4 and ranked_slower", "not ranks2 and not ranks4"):
        code, output = of_ranks.run("--collect-only", "-q", "--ranks=1,2,4", "-k", words)
        assert code == pytest.ExitCode.OK
        found[words] = {line.partition("[")[2].rstrip("]") for line in output.splitlines() if "::" in line}
    assert found["ranks2"] == {
        f"{side}-{each}-ranks2" for side in SIDES for each in (f"{MATCHED}-bs12", f"{MATCHED}-bs{_each(2)}", f"{STOCK}-bs8")
    }
    assert all(each.startswith("ranked_slower-") and each.endswith("-ranks4") for each in found["ranks4 and ranked_slower"])
    assert not any("ranks" in each.replace("ranked", "") for each in found["not ranks2 and not ranks4"])


def _each(ranks: int) -> int:
    """The batch of so many ranks of whom each has the experiment's."""
    return 8 * ranks


def test_the_shipped_file_has_a_case_for_each_number() -> None:
    file = "benchmarks/test_data_parallel.py"
    everything = collect(file, "--model", "mlp", "--ranks", "1,2,4")
    numbers = {each.partition("-ranks")[2].partition("-")[0].rstrip("]") or "1" for each in everything}
    assert numbers == {"1", "2", "4"}
    assert set(collect(file, "--model", "mlp", "--ranks", "1,2,4", "-k", "ranks4")) == {each for each in everything if "-ranks4" in each}
    assert collect(file, "--model", "mlp", "--ranks", "2,1,2,4") == everything


def test_the_frameworks_own_exchange_is_chosen_with_the_single_rank_it_is_told_against() -> None:
    file = ("benchmarks/test_data_parallel.py", "--model", "mlp", "--ranks", "1,2")
    own = collect(*file, "-k", "default_exchange")
    exchanges = {each for framework in FRAMEWORKS.values() for each in framework.exchanges}
    assert set(own) == {each for each in collect(*file) if each.rstrip("]").rpartition("-")[2] not in exchanges} < set(collect(*file))
    assert {each.rpartition("-")[2] for each in collect(*file, "-k", "default_exchange and plain and fp32")} == {"bs8]", "ranks2]"}


@pytest.mark.parametrize("given", ["0", "", "1,,2", "two", "-1", "1,2x", "1 2", "1.5", "10000", ","])
def test_what_is_no_number_of_ranks_is_refused(given: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=rf"^{given!r} are no numbers of ranks from 1 on: write 1,2,4$"):
        options.ranks(given)


def test_machines_of_the_command_line_take_the_place_of_those_that_a_shell_has() -> None:
    of_the_shell = [("pytorch", "popen//python=/here"), ("tensorflow", "popen")]
    typed = ["benchmarks", "--ranks", "2", "--worker", "pytorch=ssh=a", "-k", "fp32", "--worker=pytorch=ssh=b", "--worker=pytorch=ssh=a"]
    chosen = [*of_the_shell, ("pytorch", "ssh=a"), ("pytorch", "ssh=b"), ("pytorch", "ssh=a")]
    assert options.machines("pytorch", chosen, typed) == ("ssh=a", "ssh=b")
    assert options.machines("tensorflow", chosen, typed) == ("popen",)
    assert options.machines("pytorch", of_the_shell, ["benchmarks"]) == ("popen//python=/here",)
    assert options.machines("pytorch", [], []) == ("popen",)


def test_a_machine_that_no_rank_would_be_on_is_refused(of_ranks: InnerRun) -> None:
    of_ranks.set(PYTEST_ADDOPTS="--worker ranked=popen")
    named = [f"--worker=ranked=popen//env:NUMBER={number}" for number in range(3)]
    code, output = of_ranks.run("--collect-only", *named)
    assert code == pytest.ExitCode.USAGE_ERROR
    told = (
        "--worker names 3 machines for ranked (popen//env:NUMBER=0, popen//env:NUMBER=1, popen//env:NUMBER=2), and --ranks asks for 2 ranks"
    )
    assert told in output
    code, _ = of_ranks.run("--collect-only", "--ranks=3", *named)
    assert code == pytest.ExitCode.OK


@given(st.lists(st.integers(1, 9999), min_size=1))
def test_numbers_of_ranks_come_in_their_order_and_once(numbers: list[int]) -> None:
    assert options.ranks(",".join(map(str, numbers))) == tuple(sorted(set(numbers)))


def test_the_option_is_named_where_it_is_refused(of_ranks: InnerRun) -> None:
    code, output = of_ranks.run("--collect-only", "--ranks=1,two")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "argument --ranks: '1,two' are no numbers of ranks from 1 on: write 1,2,4" in output


def test_a_rank_that_dies_costs_its_side_only(of_ranks: InnerRun) -> None:
    """Of each comparison of several ranks, whichever is asked first; what is left goes on."""
    of_ranks.use("ranked", "ranked_slower")
    killed = ("--worker", f"ranked=popen//env:{FAULT}=words@40@1")
    code, output = of_ranks.run("--benchmark-json=out.json", "--ranks=1,2", "-k", "bs12 or stock", *killed)
    assert code == pytest.ExitCode.TESTS_FAILED
    found = {name.partition("[")[2].rstrip("]"): outcome for name, outcome in outcomes(of_ranks.json()).items()}
    assert {name for name, outcome in found.items() if outcome == "crashed"} == {
        f"ranked-{MATCHED}-bs12-ranks2",
        f"ranked-{STOCK}-bs8-ranks2",
    }
    assert {outcome for name, outcome in found.items() if outcome != "crashed"} == {"ok"}
    assert len(found) == 8
    assert "rank 1 of 2: the worker's process died (SIGABRT); its last words:" in output
    assert "terminate called without an active exception" in output
    assert of_ranks.left_behind() == []


def test_a_rank_that_hangs_ends_as_a_timeout(of_ranks: InnerRun) -> None:
    stopped = ("--worker", f"ranked=popen//env:{FAULT}=stopped@40@1")
    code, output = of_ranks.run("--benchmark-json=out.json", "--ranks=2", "-k", "stock", *stopped, "--case-timeout=5")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert {name.partition("[")[2].rstrip("]"): outcome for name, outcome in outcomes(of_ranks.json()).items()} == {
        f"ranked-{STOCK}-bs8-ranks2": "timeout",
        f"ranked_slower-{STOCK}-bs8-ranks2": "ok",
    }
    assert "rank 1 of 2 is stopped (SIGSTOP, or a debugger)" in output
    assert of_ranks.left_behind() == []


def hanging(of_ranks: InnerRun, *arguments: str) -> subprocess.Popen[str]:
    """A session that has measured what has one rank, and is at what hangs with two."""
    fault = ("--worker", f"ranked=popen//env:{FAULT}=hangs@60@0")
    process = of_ranks.start("--benchmark-json=out.json", "--ranks=1,2", "-k", "stock", *fault, *arguments)
    assert process.stdout is not None
    for line in process.stdout:
        if "stock bs8 ranks2: measuring" in line:
            break
    return process


def test_an_interrupted_session_is_gone_on_with(of_ranks: InnerRun) -> None:
    process = hanging(of_ranks)
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert len(outcomes(of_ranks.json())) == 2
    assert of_ranks.left_behind() == []
    code, output = of_ranks.run("--benchmark-json=out.json", "--ranks=1,2", "-k", "stock", "--resume")
    assert code == pytest.ExitCode.USAGE_ERROR, "another --worker is another session"
    fault = ("--worker", f"ranked=popen//env:{FAULT}=hangs@60@0")
    code, output = of_ranks.run("--benchmark-json=out.json", "--ranks=1,2", "-k", "stock", *fault, "--resume", "--timeout=40")
    assert "resumed: 2 of 4 cases have been measured before" in output
    assert of_ranks.left_behind() == []


def test_a_session_that_is_killed_leaves_no_rank(of_ranks: InnerRun) -> None:
    """Also none that waits for the first one, which waits for nobody: each ends by itself once its pipe is closed."""
    process = hanging(of_ranks)
    time.sleep(3.0)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 60.0
    while (left := of_ranks._processes()) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == []


def test_without_measuring_each_case_runs_once(of_ranks: InnerRun) -> None:
    code, output = of_ranks.run("--benchmark-disable", "--ranks=1,2", "-k", "bs12")
    assert code == pytest.ExitCode.OK
    assert "4 passed" in output
    assert of_ranks.left_behind() == []
