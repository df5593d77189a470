"""A worker keeps the memory it was given, although its variables come after glibc has read them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import SURROUNDINGS
from harness.session.workers.surroundings import KEEP_MEMORY, variables

PROJECT = Path(__file__).parents[2]
FAULTS = """
import os, resource, threading
os.environ.update({variables!r})
from harness.worker import allocator
{obey}
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]

def images():
    kept = [libc.malloc(100 * 2**10) for _ in range(620)]  # the thread's first heap of 64 MiB is nearly full
    for number in range(101):
        if number == 1:
            counted.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
        image = libc.malloc(8 * 2**20)
        libc.memset(image, 1, 8 * 2**20)
        libc.free(image)
    counted.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)

counted = []
thread = threading.Thread(target=images)
thread.start()
thread.join()
print((counted[1] - counted[0]) / 100)
"""


def faults_per_image(variables: dict[str, str], obey: str) -> float:
    code = FAULTS.format(variables=variables, obey=obey)
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True)
    return float(done.stdout)


def test_memory_that_was_freed_is_not_faulted_in_again() -> None:
    assert faults_per_image(KEEP_MEMORY, "allocator.obey_environment()") < 10
    assert faults_per_image(KEEP_MEMORY, "") > 1000, "set after the start, the variables alone have no effect"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_only_matched_workers_keep_it(framework: str) -> None:
    assert variables(framework, SURROUNDINGS).items() >= KEEP_MEMORY.items()
    assert not KEEP_MEMORY.keys() & variables(framework, frozenset()).keys()
