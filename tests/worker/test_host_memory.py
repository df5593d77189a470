"""The kernel's high-water marks, against memory taken on purpose."""

from __future__ import annotations

import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.worker.meters import host_memory
from harness.worker.meters.children import children, watches

TAKEN_BYTES = 200 * 2**20


def value(name: str) -> int:
    (reading,) = (each for each in host_memory.peaks(was_reset=True) if each.name == name)
    assert reading.status == "ok"
    assert reading.value_bytes is not None
    return reading.value_bytes


def test_a_peak_is_seen_after_it_has_gone_and_forgotten_after_a_reset() -> None:
    host_memory.reset_peak()
    before = value("host_peak_bytes")
    taken = np.ones(TAKEN_BYTES // 8)
    del taken
    assert value("host_peak_bytes") - before == pytest.approx(TAKEN_BYTES, rel=0.1)
    host_memory.reset_peak()
    assert value("host_peak_bytes") - before < TAKEN_BYTES / 2
    resident = host_memory.resident().value_bytes
    assert resident is not None
    assert resident <= value("host_peak_bytes")


def test_a_mark_that_could_not_be_reset_says_so() -> None:
    assert {reading.status == "ok" for reading in host_memory.peaks(was_reset=False) if reading.name == "host_peak_bytes"} == {False}


def test_children_are_counted_apart_and_together() -> None:
    before = value("host_children_bytes")
    program = f"taken = b'x' * {TAKEN_BYTES}; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        children = value("host_children_bytes")
        assert children - before >= TAKEN_BYTES
        assert TAKEN_BYTES < value("host_with_children_bytes") <= value("host_peak_bytes") + children
        child.communicate(b"\n", timeout=10)
    assert value("host_children_bytes") < children - TAKEN_BYTES / 2


MAPPING = """
import mmap, os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
mapped = mmap.mmap(file, 0, prot=mmap.PROT_READ)
print(sum(mapped[place] for place in range(0, len(mapped), mmap.PAGESIZE)), flush=True)
input()
"""


@pytest.fixture
def childless() -> None:
    """Workers that other tests of this process keep are not this test's."""
    for child in children():
        watches(child.pid)


@pytest.mark.usefixtures("childless")
def test_who_maps_the_same_file_makes_no_worker_lighter(tmp_path: Path) -> None:
    """As the other framework's worker does with the C++ library, or a second session with all of them."""
    file = tmp_path / "library"
    file.write_bytes(bytes(TAKEN_BYTES))
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert not any(mapped[place] for place in range(0, TAKEN_BYTES, mmap.PAGESIZE))
        host_memory.reset_peak()
        before = value("host_with_children_bytes"), host_memory.tree("host_tree_bytes").value_bytes
        assert before[0] == value("host_peak_bytes")
        with subprocess.Popen([sys.executable, "-c", MAPPING, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stranger:
            watches(stranger.pid)  # a child only for the test
            assert stranger.stdout is not None
            stranger.stdout.readline()
            after = value("host_with_children_bytes"), host_memory.tree("host_tree_bytes").value_bytes
            stranger.communicate(b"\n", timeout=10)
    assert after == pytest.approx(before, abs=TAKEN_BYTES / 10)
