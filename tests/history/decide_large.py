"""How long the gate takes to decide, and how much memory: 100 cases × 14 pairs × 30 rounds.

python -m tests.history.decide_large
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.history import suite_files as files

CASES, PAIRS, ROUNDS = 100, 14, 30


def main() -> None:
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, PAIRS + 1):
            for side in ("base", "head"):
                benchmarks = [
                    files.measured(files.name(index), (0.1 * random.lognormal(0, 0.02) * random.lognormal(0, 0.008, ROUNDS)).tolist())
                    for index in range(CASES)
                ]
                files.write(Path(folder) / f"{number:02d}-{side}.json", benchmarks)
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "history", "gate", "--pairs", folder], stdout=subprocess.DEVNULL, check=False)
        seconds = time.perf_counter() - start
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{CASES} cases × {PAIRS} pairs × {ROUNDS} rounds: {seconds:.2f} s, {peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
