"""What years of nights take: the folder, a night's keeping, and the page. The nights are runs that were measured, each time a little other.

    python -m tests.calibration.nights RUN.json … [--nights 1000] [--cases 58]

Of so many cases each night has those of the runs, and them again at other batch sizes. The temporary folder has 2 MB a night meanwhile.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import itertools
import math
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from history.commands.keep import RAW_NIGHTS
from tests.history.report.watched_process import Spent, spent

FIRST_NIGHT = datetime(2026, 1, 1, 1, 17, tzinfo=UTC)
NIGHT_SD, ROUND_SD = 0.015, 0.008  # of the logarithm
APART = 1000  # a copy's batch sizes and the next one's
TIMES = ("seconds", "cpu_seconds", "device_seconds")  # of a round
MEASURES = ("min", "max", "mean", "stddev", "median", "iqr", "q1", "q3", "ld15iqr", "hd15iqr", "total")  # of pytest-benchmark's, in seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.calibration.nights")
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN.json")
    parser.add_argument("--nights", type=int, default=1000)
    parser.add_argument("--cases", type=int, default=58)
    options = parser.parse_args()
    frame, entries = template(options.runs, options.cases)
    with tempfile.TemporaryDirectory() as temporary:
        folder, new = Path(temporary) / "nights", Path(temporary) / "run.json"
        folder.mkdir()
        for index in range(options.nights):
            (folder / f"{index:05}.json").write_bytes(night(frame, entries, index))
        new.write_bytes(night(frame, entries, options.nights))
        print(f"{options.nights} nights of {len(entries)} cases", flush=True)
        print(f"as pytest-benchmark writes them: {_size(folder)}; page: {_page(folder, 'before')}", flush=True)
        print(f"`keep`, all at once: {_keep(folder)}", flush=True)
        print(f"kept: {_size(folder)}; {_raw_and_condensed(folder)}; page: {_page(folder, 'after')}", flush=True)
        print(f"`keep` of one night more, nothing remembered: {_keep(folder, new)}", flush=True)


def template(paths: list[Path], cases: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A file without its benchmarks, and the benchmarks of all. A comparison's sides stay together."""
    runs = [msgspec.json.decode(path.read_bytes()) for path in paths]
    copies = (_of_batch_size(entry, more * APART) for more in itertools.count() for entry in runs[more % len(runs)]["benchmarks"])
    return runs[0], list(itertools.islice(copies, cases))


def _of_batch_size(entry: dict[str, Any], more: int) -> dict[str, Any]:
    entry = copy.deepcopy(entry)
    case = entry["extra_info"]["measurement"]["case"]
    before, case["batch_size"] = case["batch_size"], case["batch_size"] + more
    for name in ("name", "fullname", "param"):
        entry[name] = entry[name].replace(f"bs{before}", f"bs{before + more}")
    return entry


def night(frame: dict[str, Any], entries: list[dict[str, Any]], index: int) -> bytes:
    """Each round's duration anew. What depends on it is moved by as much."""
    random = np.random.default_rng(index)
    when = FIRST_NIGHT + timedelta(days=index)
    commit = {"id": hashlib.sha1(str(index).encode()).hexdigest(), "time": (when - timedelta(hours=8)).isoformat()}
    benchmarks = [_measured_again(entry, random) for entry in entries]
    document = frame | {"datetime": when.isoformat(), "commit_info": frame["commit_info"] | commit, "benchmarks": benchmarks}
    return msgspec.json.format(msgspec.json.encode(document), indent=4)


def _measured_again(entry: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    measurement, stats = entry["extra_info"]["measurement"], entry["stats"]
    shared = math.exp(random.normal(0, NIGHT_SD))
    factors = shared * np.exp(random.normal(0, ROUND_SD, len(measurement["rounds"])))
    rounds = [dict(_times(each, factor)) for each, factor in zip(measurement["rounds"], factors.tolist(), strict=True)]
    steps = measurement["steps_per_round"]
    told = {name: stats[name] * shared for name in MEASURES} | {"ops": stats["ops"] / shared}
    figures = {name: value * shared for name, value in measurement["figures"].items()}
    return entry | {
        "extra_info": entry["extra_info"] | {"measurement": measurement | {"rounds": rounds, "figures": figures}},
        "stats": stats | told | {"data": [each["seconds"] / steps for each in rounds]},
    }


def _times(round_: dict[str, Any], factor: float) -> Iterator[tuple[str, Any]]:
    for name, value in round_.items():
        yield name, value * factor if name in TIMES and value is not None else value


def _size(folder: Path) -> str:
    sizes = [path.stat().st_size for path in folder.iterdir()]
    return f"{sum(sizes) / 1e6:.1f} MB, {sum(sizes) / len(sizes) / 1e3:.1f} kB a night"


def _raw_and_condensed(folder: Path) -> str:
    sizes = [path.stat().st_size / 1e3 for path in sorted(folder.iterdir())]
    raw, condensed = sizes[-RAW_NIGHTS:], sizes[:-RAW_NIGHTS]
    return f"with rounds {np.mean(raw):.1f} kB, condensed {np.mean(condensed or [0.0]):.1f} kB"


def _page(folder: Path, name: str) -> str:
    """First from the files, then from what the cache remembers."""
    site, cache = (folder.parent / f"{what} {name}" for what in ("site", "cache"))
    command = [sys.executable, "-m", "history", "report", str(folder), "--output", str(site), "--cache", str(cache)]
    return f"{spent(command)}; again {spent(command)}"


def _keep(folder: Path, *new: Path) -> Spent:
    cache = folder.parent / f"cache of keep {len(new)}"
    return spent([sys.executable, "-m", "history", "keep", *map(str, new), "--into", str(folder), "--cache", str(cache)])


if __name__ == "__main__":
    main()
