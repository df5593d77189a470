"""How long the site of a long history takes, and how much memory: 1,000 runs × 200 cases × 24 rounds, then one night more.

python -m tests.history.report.build_large [RUNS [COMPARISONS]]     about 4 GB in the temporary folder meanwhile
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.history.report.browser import opened_seconds
from tests.history.report.generated_cases import many_cases
from tests.history.report.generated_nights import Machine, Nights, Plant
from tests.history.report.watched_process import Spent, spent

RUNS, COMPARISONS = 1000, 100
PLANT = Plant("pytorch-matched-eager-fp32-frozen-bs1]", 700, 1.05)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    comparisons = int(sys.argv[2]) if len(sys.argv) > 2 else COMPARISONS
    with tempfile.TemporaryDirectory() as temporary:
        storage, site, cache = (Path(temporary) / name for name in ("storage", "site", "cache"))
        start = time.perf_counter()
        newest = Nights(Machine(nights=runs + 1, cases=many_cases(comparisons), plants=(PLANT,))).write(storage)[-1]
        later = newest.rename(Path(temporary) / newest.name)
        size = sum(path.stat().st_size for path in storage.iterdir())
        print(f"{runs} runs × {2 * comparisons} cases, {size / 1e9:.2f} GB, written in {time.perf_counter() - start:.0f} s", flush=True)
        print(f"first build: {_built(storage, site, cache)}", flush=True)
        later.rename(storage / newest.name)
        print(f"one night more: {_built(storage, site, cache)}", flush=True)
        site_bytes = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
        print(f"index opened in {opened_seconds(site):.2f} s; the site has {site_bytes / 1e6:.0f} MB")


def _built(storage: Path, site: Path, cache: Path) -> Spent:
    return spent([sys.executable, "-m", "history", "report", str(storage), "--output", str(site), "--cache", str(cache)])


if __name__ == "__main__":
    main()
