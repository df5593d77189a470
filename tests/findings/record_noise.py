"""Makes `recorded_noise.json` of what `python -m tests.calibration.same_twice` has left.

python -m tests.findings.record_noise RUN.json … --where "2 virtual cores of an AMD EPYC, 2026-11-30"
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.findings.ratio import turns
from harness.record.measurement import Measurement
from tests.findings.noise import RECORDED, Sides

DIGITS = 5


def comparisons(run: Path) -> Iterator[tuple[str, Sides]]:
    """By name, in the turns that both sides measured undisturbed."""
    rows = [msgspec.convert(each["extra_info"]["measurement"], Measurement) for each in json.loads(run.read_text())["benchmarks"]]
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        ours, theirs = turns(first), turns(second)
        shared = sorted(ours.keys() & theirs.keys())
        sides = tuple([round(side[turn], DIGITS) for turn in shared] for side in (ours, theirs))
        yield f"{first.case.framework} {first.case.phase} bs{first.case.batch_size}", (sides[0], sides[1])


def written(where: str, found: dict[str, Sides]) -> str:
    """A line a side."""
    head = {
        "where": f"{where}; the same framework twice, tests/calibration/same_twice.py",
        "unit": "seconds a step, one value a turn, of the turns that both sides measured undisturbed",
    }
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    sides = [f"{json.dumps(name)}: [\n{json.dumps(first)},\n{json.dumps(second)}]" for name, (first, second) in found.items()]
    return "{\n" + ",\n".join([*lines, '"comparisons": {\n' + ",\n".join(sides) + "\n}"]) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.findings.record_noise", description="Records the noise of a machine.")
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--where", required=True, help="The machine and the day.")
    given = parser.parse_args()
    RECORDED.write_text(written(given.where, dict(each for run in given.runs for each in comparisons(run))))


if __name__ == "__main__":
    main()
