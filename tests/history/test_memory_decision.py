"""The gate's rule for peaks of memory, and which peaks it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.record.measurement import Reading
from history.gate.verdict import Verdict
from tests.history import suite_files as files
from tests.history.pairs_folder import decided, one_case, timed, verdict_of

MIB = 1024**2


@pytest.mark.parametrize(
    ("base_bytes", "head_bytes", "verdict"),
    [
        (1000 * MIB, 1020 * MIB, Verdict.REGRESSED),  # +2 %
        (1000 * MIB, 1009 * MIB, Verdict.OK),  # under 1 %
        (10 * MIB, 11 * MIB, Verdict.OK),  # under 2 MiB
        (10 * MIB, 13 * MIB, Verdict.REGRESSED),
        (1000 * MIB, 900 * MIB, Verdict.IMPROVED),
    ],
)
def test_memory(tmp_path: Path, base_bytes: int, head_bytes: int, verdict: Verdict) -> None:
    one_case(tmp_path, timed(phase="memory", peak_bytes=base_bytes), timed(phase="memory", peak_bytes=head_bytes))
    case = verdict_of(decided(tmp_path), 0)
    assert case.verdict is verdict
    assert case.finding is None  # a memory case's durations are not judged


def test_a_peak_no_longer_read(tmp_path: Path) -> None:
    one_case(tmp_path, timed(peak_bytes=MIB), timed())
    case = verdict_of(decided(tmp_path), 0)
    assert case.verdict is Verdict.INCONCLUSIVE
    assert "allocator_peak_bytes" in case.reason


def of_the_host(**sizes: int) -> dict[str, Any]:
    """In MiB. A whole job's: what is watched of it is time."""
    return timed(phase="fine_tuning", readings=tuple(Reading(f"{name}_bytes", size * MIB, "status") for name, size in sizes.items()))


PAGES_OF_FILES = {"host_peak": 2000, "warm_up_host_peak": 1900}
MORE_OF_THEM = {"host_peak": 2400, "warm_up_host_peak": 2300}
TOLD_APART = {"host_anonymous": 1000, "warm_up_host_anonymous": 900}


@pytest.mark.parametrize(
    ("base", "head", "verdict", "judged"),
    [
        (TOLD_APART | PAGES_OF_FILES, TOLD_APART | MORE_OF_THEM, Verdict.OK, ["host_anonymous_bytes", "warm_up_host_anonymous_bytes"]),
        (
            TOLD_APART | PAGES_OF_FILES,
            TOLD_APART | PAGES_OF_FILES | {"host_anonymous": 1100},
            Verdict.REGRESSED,
            ["host_anonymous_bytes", "warm_up_host_anonymous_bytes"],
        ),
        (
            TOLD_APART,
            TOLD_APART | {"warm_up_host_anonymous": 1000},
            Verdict.REGRESSED,
            ["host_anonymous_bytes", "warm_up_host_anonymous_bytes"],
        ),
        (PAGES_OF_FILES, TOLD_APART | MORE_OF_THEM, Verdict.REGRESSED, ["host_peak_bytes", "warm_up_host_peak_bytes"]),
        (TOLD_APART | PAGES_OF_FILES, PAGES_OF_FILES, Verdict.INCONCLUSIVE, ["host_peak_bytes", "warm_up_host_peak_bytes"]),
    ],
    ids=["more file pages", "more of the others", "more of the others in the warm-up", "base does not tell them apart", "head does not"],
)
def test_pages_of_files_are_not_judged_where_both_sides_tell_them_apart(
    tmp_path: Path, base: dict[str, int], head: dict[str, int], verdict: Verdict, judged: list[str]
) -> None:
    one_case(tmp_path, of_the_host(**base), of_the_host(**head))
    case = verdict_of(decided(tmp_path), 0)
    assert case.verdict is verdict
    assert [each.name for each in case.memory] == judged


@pytest.mark.parametrize(
    ("first_base_bytes", "verdict", "said"),
    [(1010 * MIB, Verdict.INCONCLUSIVE, "not in every process"), (1100 * MIB, Verdict.OK, "varies by 10.0% from process to process")],
)
def test_peaks_that_vary(tmp_path: Path, first_base_bytes: int, verdict: Verdict, said: str) -> None:
    one_case(tmp_path, timed(peak_bytes=1000 * MIB), timed(peak_bytes=1020 * MIB))
    files.write(tmp_path / "01-base.json", [timed(peak_bytes=first_base_bytes)])
    case = verdict_of(decided(tmp_path), 0)
    assert case.verdict is verdict
    assert said in case.reason
