"""The kernel's accounts of memory, against memory taken on purpose: of files, anonymous, and shared."""

from __future__ import annotations

import mmap
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import psutil
import pytest

from harness.record.measurement import Reading
from harness.worker.meters import host_memory
from harness.worker.meters.children import children, watches
from harness.worker.meters.host_memory import Peaks

TAKEN_BYTES = 200 * 2**20
NEAR_BYTES = TAKEN_BYTES / 10


@pytest.fixture(autouse=True)
def childless() -> None:
    """Workers that other tests of this process keep are none of these tests'."""
    for child in children():
        watches(child.pid)


@pytest.fixture
def peaks() -> Peaks:
    return Peaks()


def values(readings: Iterable[Reading]) -> dict[str, int]:
    found = {}
    for reading in readings:
        assert reading.status == "ok"
        assert reading.value_bytes is not None
        found[reading.name] = reading.value_bytes
    return found


def touched(mapped: mmap.mmap) -> int:
    """Pages of it, each of which has been read."""
    return len([mapped[place] for place in range(0, len(mapped), mmap.PAGESIZE)])


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, float]:
    return {name.removeprefix("host_").removesuffix("_bytes"): (after[name] - before[name]) / TAKEN_BYTES for name in before}


@pytest.fixture
def mapped_file(tmp_path: Path) -> Path:
    """As a library is, of which a process may have mapped much or little."""
    file = tmp_path / "library"
    file.write_bytes(bytes(TAKEN_BYTES))
    return file


def test_a_peak_is_seen_after_it_has_gone_and_forgotten_after_a_restart(peaks: Peaks) -> None:
    before = values(peaks.readings())
    taken = np.ones(TAKEN_BYTES // 8)
    del taken
    grew = grown(before, values(peaks.readings()))
    assert grew == pytest.approx({"anonymous": 1.0, "file": 0.0, "peak": 1.0, "children": 0.0}, abs=0.1)
    peaks.restart()
    assert grown(before, values(peaks.readings()))["anonymous"] < 0.5


def test_file_pages_are_told_apart(peaks: Peaks, mapped_file: Path) -> None:
    before = values(peaks.readings())
    with mapped_file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert touched(mapped) == TAKEN_BYTES // mmap.PAGESIZE
        readings = peaks.readings()
    assert grown(before, values(readings)) == pytest.approx({"anonymous": 0.0, "file": 1.0, "peak": 1.0, "children": 0.0}, abs=0.1)
    told = next(each.source for each in readings if each.name == "host_anonymous_bytes")
    assert told.endswith(" MiB more at most")
    more = float(told.split("by ")[1].split(" MiB")[0]) * 2**20
    assert more == pytest.approx(TAKEN_BYTES, abs=NEAR_BYTES)  # the peak might have been before the file was mapped


def test_shared_memory_counts_as_anonymous_memory_does(peaks: Peaks) -> None:
    before = values(peaks.readings())
    with mmap.mmap(-1, TAKEN_BYTES) as shared:  # MAP_SHARED and of no file
        assert touched(shared) == TAKEN_BYTES // mmap.PAGESIZE
        after = values(peaks.readings())
    assert grown(before, after) == pytest.approx({"anonymous": 1.0, "file": 0.0, "peak": 1.0, "children": 0.0}, abs=0.1)


def test_each_kind_has_a_peak_of_its_own_and_their_steps_differ(peaks: Peaks, mapped_file: Path) -> None:
    """Anonymous memory in one step, a file in the next: the sum is never as large as the two together."""
    before = values(peaks.readings())
    taken = np.ones(TAKEN_BYTES // 8)
    del taken
    peaks.at_fence()
    with mapped_file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        touched(mapped)
        peaks.at_fence()
    peaks.at_fence()
    readings = peaks.readings()
    assert grown(before, values(readings)) == pytest.approx({"anonymous": 1.0, "file": 1.0, "peak": 1.0, "children": 0.0}, abs=0.1)
    told = next(each.source for each in readings if each.name == "host_anonymous_bytes")
    assert float(told.split("by ")[1].split(" MiB")[0]) * 2**20 < NEAR_BYTES  # each step's file pages were the same at both ends


def test_a_mark_that_is_not_reset_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    (proc / "self").mkdir(parents=True)  # without clear_refs, and no file can be made in it
    (proc / "self" / "status").symlink_to("/proc/self/status")
    (proc / "self" / "clear_refs").mkdir()
    monkeypatch.setattr(host_memory, "PROC", proc)
    found = {each.name: each for each in Peaks().readings()}
    assert {name for name, each in found.items() if each.status != "ok"} == {"host_anonymous_bytes", "host_peak_bytes"}
    assert all(each.value_bytes is not None for each in found.values())


def test_a_kernel_that_does_not_tell_kinds_apart_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text("VmHWM:\t12 kB\nVmRSS:\t12 kB\n")
    monkeypatch.setattr(host_memory, "PROC", tmp_path)
    for each in (*Peaks().readings(), *host_memory.resident("baseline"), host_memory.tree("host_tree_anonymous_bytes")):
        assert each.value_bytes is None
        assert each.status == "unavailable: the kernel tells no VmHWM, RssAnon, RssFile and RssShmem"


ROLLUP_BEFORE_LINUX_5_4 = """
00400000-7ffd0000 ---p 00000000 00:00 0 [rollup]
Rss:              900000 kB
Pss:              300000 kB
Shared_Clean:     700000 kB
"""


@pytest.mark.parametrize("rollup", [ROLLUP_BEFORE_LINUX_5_4, None], ids=["before Linux 5.4", "without the file"])
def test_a_kernel_that_tells_no_shares_by_kind_has_no_figure_with_children(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rollup: str | None
) -> None:
    """All pages' Rss less Pss would be taken from anonymous pages alone, and could be more than those."""
    child = psutil.Process()  # anyone who lives
    for name in ("self", str(child.pid)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "status").write_text("VmHWM: 900000 kB\nRssAnon: 200000 kB\nRssFile: 700000 kB\nRssShmem: 0 kB\n")
        if rollup:
            (tmp_path / name / "smaps_rollup").write_text(rollup)
    monkeypatch.setattr(host_memory, "PROC", tmp_path)

    def found(processes: list[psutil.Process]) -> dict[str, tuple[int | None, bool]]:
        """Value, and whether the kernel is said to lack it."""
        monkeypatch.setattr(host_memory, "children", lambda: processes)
        readings = (*Peaks().readings(), host_memory.tree("host_tree_anonymous_bytes"))
        return {each.name: (each.value_bytes, each.status.startswith("unavailable: the kernel tells no Pss_Anon")) for each in readings}

    alone = {
        "host_anonymous_bytes": (200000 * 1024, False),
        "host_file_bytes": (700000 * 1024, False),
        "host_peak_bytes": (900000 * 1024, False),
        "host_children_bytes": (0, False),
        "host_tree_anonymous_bytes": (200000 * 1024, False),
    }
    lacking = dict.fromkeys(("host_anonymous_bytes", "host_children_bytes", "host_tree_anonymous_bytes"), (None, True))
    assert found([]) == alone
    assert found([child]) == alone | lacking


def test_a_child_that_has_ended_holds_nothing(monkeypatch: pytest.MonkeyPatch, peaks: Peaks) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        child = psutil.Process(ended.pid)
    monkeypatch.setattr(host_memory, "children", lambda: [child])
    assert values(peaks.readings())["host_children_bytes"] == 0


def test_what_is_held_right_now_is_of_both_kinds() -> None:
    now = values(host_memory.resident("baseline"))
    assert now.keys() == {"host_baseline_anonymous_bytes", "host_baseline_bytes"}
    assert 0 < now["host_baseline_anonymous_bytes"] < now["host_baseline_bytes"]


def test_children_are_counted_apart_and_together(peaks: Peaks) -> None:
    before = values(peaks.readings())
    program = f"taken = b'x' * {TAKEN_BYTES}; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        grew = grown(before, values(peaks.readings()))
        child.communicate(b"\n", timeout=10)
    assert grew == pytest.approx({"anonymous": 1.0, "file": 0.0, "peak": 0.0, "children": 1.0}, abs=0.15)
    assert grown(before, values(peaks.readings()))["children"] < 0.5


MAPPING = """
import mmap, os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
mapped = mmap.mmap(file, 0, prot=mmap.PROT_READ)
print(sum(mapped[place] for place in range(0, len(mapped), mmap.PAGESIZE)), flush=True)
input()
"""


def test_who_maps_the_same_file_makes_no_worker_lighter(peaks: Peaks, mapped_file: Path) -> None:
    """As the other framework's worker does with the C++ library, or a second session with all of them."""
    with mapped_file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        touched(mapped)
        peaks.restart()
        before = values((*peaks.readings(), host_memory.tree("host_tree_anonymous_bytes")))
        with subprocess.Popen([sys.executable, "-c", MAPPING, mapped_file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stranger:
            watches(stranger.pid)  # a child only for the test
            assert stranger.stdout is not None
            stranger.stdout.readline()
            after = values((*peaks.readings(), host_memory.tree("host_tree_anonymous_bytes")))
            stranger.communicate(b"\n", timeout=10)
    assert after == pytest.approx(before, abs=NEAR_BYTES)
