"""Memory of both frameworks' real workers: what is mapped of files and what is held are told apart, and the latter is compared."""

from __future__ import annotations

import pytest

from harness.findings.ratio import HOST_METER, compared_meter, ratio
from harness.record.measurement import Measurement
from tests.main_job import read
from tests.test_own_model import PYTORCH, TENSORFLOW, run, write_model

TAKEN_BYTES = 300 * 2**20
NEAR_BYTES = 100 * 2**20  # what building and training a small network takes by itself

FUNCTION = "def network(options):"
TAKES = """
import mmap
import sys

{function}
    if not hasattr(sys, "taken"):  # of the process: the module of a model is let go of once its network is built
        {how}
        for place in range(0, len(sys.taken), mmap.PAGESIZE):
            {touch}
"""
MAPS_A_FILE = "with open({file!r}, 'rb') as opened:\n            sys.taken = mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ)"
HOLDS_MEMORY = "sys.taken = mmap.mmap(-1, {size}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)"


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measurement]:
    """PyTorch's network comes with a large file that is mapped, TensorFlow's with as much memory that is written to."""
    folder = tmp_path_factory.mktemp("memory")
    (folder / "library").write_bytes(bytes(TAKEN_BYTES))
    maps = TAKES.format(function=FUNCTION, how=MAPS_A_FILE.format(file=str(folder / "library")), touch="sys.taken[place]")
    holds = TAKES.format(function=FUNCTION, how=HOLDS_MEMORY.format(size=TAKEN_BYTES), touch="sys.taken[place] = 1")
    files = {"pytorch.py": PYTORCH.replace(FUNCTION, maps.rstrip()), "tensorflow.py": TENSORFLOW.replace(FUNCTION, holds.rstrip())}
    model = write_model(folder / "reader", **files)
    code, _ = run(folder, model, "benchmarks/test_memory.py", "-k", "full and fp32 and plain and matched")
    assert code == pytest.ExitCode.OK
    _, measurements = read(folder)
    return {each.case.framework: each for each in measurements.values()}


def grown(side: Measurement) -> dict[str, int]:
    """Since the framework was imported."""
    found = {reading.name: reading.value_bytes for reading in side.readings}
    before = found["host_baseline_anonymous_bytes"], found["host_baseline_bytes"]
    after = found["host_anonymous_bytes"], found["host_file_bytes"]
    assert None not in (*before, *after)
    return {"anonymous": (after[0] or 0) - (before[0] or 0), "file": (after[1] or 0) - ((before[1] or 0) - (before[0] or 0))}


def test_a_file_that_is_mapped_is_in_its_own_reading(sides: dict[str, Measurement]) -> None:
    grew = grown(sides["pytorch"])
    assert TAKEN_BYTES <= grew["file"] <= TAKEN_BYTES + NEAR_BYTES
    assert grew["anonymous"] < NEAR_BYTES


def test_memory_that_is_written_to_is_in_the_other(sides: dict[str, Measurement]) -> None:
    grew = grown(sides["tensorflow"])
    assert TAKEN_BYTES <= grew["anonymous"] <= TAKEN_BYTES + NEAR_BYTES
    assert grew["file"] < NEAR_BYTES


def test_the_comparison_is_of_what_is_held(sides: dict[str, Measurement]) -> None:
    ours, theirs = sides["pytorch"], sides["tensorflow"]
    assert compared_meter((ours, theirs)) == HOST_METER
    found = ratio(ours, theirs)
    assert found is not None
    assert found.estimate == pytest.approx((ours.bytes_read(HOST_METER) or 0) / (theirs.bytes_read(HOST_METER) or 1))
    assert found.estimate < 0.9  # it would be near 1 by the pages of both kinds
    whole = (ours.bytes_read("host_peak_bytes") or 0) / (theirs.bytes_read("host_peak_bytes") or 1)
    assert whole > found.estimate + 0.1


def test_the_readings_say_how_exact_they_are(sides: dict[str, Measurement]) -> None:
    for side in sides.values():
        told = next(each for each in side.readings if each.name == HOST_METER)
        assert told.status == "ok"
        assert float(told.source.split("by ")[1].split(" MiB")[0]) * 2**20 < NEAR_BYTES
