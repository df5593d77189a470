"""What the journal costs: its share of the wall time of sessions of stand-ins, whose steps take a millisecond.

    python -m tests.calibration.journal [SESSIONS]

Each session is a real one, with workers; what the journal's own calls take is counted in it, their syncing to the disk included.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from tests.session.conftest import InnerRun

COUNTING = """
import time
from harness.session.journal import journaling
from harness.session.journal.ending import Ending
from harness.session.journal.session_journal import SessionJournal

BEGUN = time.perf_counter()
spent_seconds = []

def counted(function):
    def call(*given, **named):
        begun = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent_seconds.append(time.perf_counter() - begun)
    return call

for kind, names in ((SessionJournal, ("compared", "piece", "close")), (Ending, ("__init__", "rehearse", "complete"))):
    for name in names:
        setattr(kind, name, counted(getattr(kind, name)))
journaling.work_of = counted(journaling.work_of)

def pytest_unconfigure():
    print(f"JOURNAL {sum(spent_seconds)} OF {time.perf_counter() - BEGUN}")
"""


def share(folder: Path) -> float:
    inner = InnerRun(folder)
    inner.use("sound", "queued")
    with (folder / "conftest.py").open("a") as file:
        file.write(COUNTING)
    _, output = inner.run("--benchmark-json=out.json", "-k", "not tf32")
    (line,) = (each for each in output.splitlines() if each.startswith("JOURNAL "))
    _, spent_seconds, _, wall_seconds = line.split()
    return float(spent_seconds) / float(wall_seconds)


def main(sessions: int) -> None:
    shares = []
    for _ in range(sessions):
        with tempfile.TemporaryDirectory() as folder:
            shares.append(share(Path(folder)))
    told = ", ".join(f"{each:.2%}" for each in shares)
    print(f"the journal's share of {sessions} sessions' wall time: median {statistics.median(shares):.2%} ({told})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
