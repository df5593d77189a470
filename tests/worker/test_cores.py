"""Shares of a machine's cores, whatever the machine: equal, disjoint while that can be, and no core's two threads in two shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.worker import cores
from harness.worker.cores import ALONE, CORES, THREADS, Topology, divided, shared

THREADED: Topology = [(0, 4), (1, 5), (2, 6), (3, 7)]  # as Linux counts four cores of two threads
MIXED: Topology = [(0, 1), (2, 3), (4,), (5,), (6,), (7,)]  # two of two threads and four of one
SINGLE: Topology = [(0,), (1,)]


@st.composite
def machines(draw: st.DrawFn) -> Topology:
    sizes = draw(st.lists(st.sampled_from([1, 2, 4]), min_size=1, max_size=12))
    cpus = iter(range(sum(sizes)))
    return [tuple(next(cpus) for _ in range(size)) for size in sizes]


@given(machines(), st.integers(1, 12), st.none() | st.floats(0.1, 40.0))
def test_shares_are_equal_and_apart_while_there_are_cores(topology: Topology, count: int, quota: float | None) -> None:
    found = divided(topology, count, quota)
    assert len(found) == count
    assert len({len(share) for share in found}) == 1
    assert all(len(set(share)) == len(share) >= 1 for share in found)
    everything = {cpu for core in topology for cpu in core}
    assert {cpu for share in found for cpu in share} <= everything
    told = shared(found, topology)
    if len(topology) >= count:
        assert told == ALONE
    elif len(everything) >= count:
        assert told in (ALONE, THREADS)
    else:
        assert told == CORES


@given(machines(), st.integers(1, 12), st.floats(0.1, 40.0))
def test_all_shares_together_are_within_the_quota(topology: Topology, count: int, quota: float) -> None:
    """But for a CPU for each, without which nothing runs."""
    (size,) = {len(share) for share in divided(topology, count, quota)}
    assert size == 1 or size * count < quota + 1


@pytest.mark.parametrize(
    ("topology", "count", "expected", "told"),
    [
        (THREADED, 2, [(0, 1, 4, 5), (2, 3, 6, 7)], ALONE),
        (THREADED, 4, [(0, 4), (1, 5), (2, 6), (3, 7)], ALONE),
        (THREADED, 8, [(0,), (4,), (1,), (5,), (2,), (6,), (3,), (7,)], THREADS),
        (MIXED, 2, [(0, 4, 5, 1), (2, 6, 7, 3)], ALONE),
        (SINGLE, 2, [(0,), (1,)], ALONE),
        (SINGLE, 4, [(0,), (1,), (0,), (1,)], CORES),
    ],
)
def test_by_machine(topology: Topology, count: int, expected: list[tuple[int, ...]], told: str) -> None:
    assert divided(topology, count, None) == expected
    assert shared(expected, topology) == told


def test_a_quota_leaves_whole_cores() -> None:
    assert divided(THREADED, 2, 4.0) == [(0, 1), (2, 3)]


def test_fewer_ranks_than_shares_may_share_nothing() -> None:
    assert shared(divided(SINGLE, 4, None)[:2], SINGLE) == ALONE


def test_the_kernels_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what this process may run on alone."""
    monkeypatch.setattr(cores, "CPUS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3, 8, 9})
    for cpu, told in {0: "0,8\n", 8: "0,8\n", 1: "1,9\n", 9: "1,9\n", 2: "2-3\n", 3: "2-3\n"}.items():
        (tmp_path / f"cpu{cpu}" / "topology").mkdir(parents=True)
        (tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list").write_text(told)
    assert cores.present() == [(0, 8), (1, 9), (2, 3)]
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 8, 40})
    assert cores.present() == [(1,), (8,), (40,)]  # nothing is told of the last one
