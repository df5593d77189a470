"""What a command of the project takes: its seconds, and the most memory that its processes had at once."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

MIB = 2**20


@dataclass(frozen=True)
class Spent:
    seconds: float
    peak_bytes: int  # of all its processes: each one's unshared, and its part of what is shared

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.peak_bytes / MIB:.0f} MiB in all its processes"


def spent(command: Sequence[str]) -> Spent:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peaks = [0]
    watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), peaks), daemon=True)
    watcher.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    assert code == 0, f"{' '.join(command)} ended with {code}"
    return Spent(seconds, max(peaks))


def _watch(process: psutil.Process, peaks: list[int]) -> None:
    while process.is_running():
        try:
            peaks.append(sum(each.memory_full_info().pss for each in (process, *process.children(recursive=True))))
        except psutil.Error:
            continue
        time.sleep(0.2)
