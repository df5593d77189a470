"""`python -m tests.endurance NUMBER`: so many sessions are ended at random moments and resumed; a line each, and the figures of all."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.endurance.disk import may_mount
from tests.endurance.plan import Ending
from tests.endurance.run import Endured, endure, whole


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    parser.add_argument("number", type=int, help="of sessions that are ended and resumed")
    parser.add_argument("--seed", type=int, default=0, help="of the first; the next ones follow it")
    parser.add_argument(
        "--endings", nargs="+", choices=[each.name for each in Ending], help="these alone; default: all that can be had here"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what runs is killed, and what is mounted goes
    with tempfile.TemporaryDirectory(prefix="endurance-cache-") as folder:
        endings = [Ending[name] for name in options.endings or ()] or _here(Path(folder))
        started = time.monotonic()
        known = whole(Path(folder) / "cache")
        print(f"{len(known.cases)} cases, {known.events} events of a session that nobody ends; endings: {', '.join(endings)}", flush=True)
        runs = []
        for seed in range(options.seed, options.seed + options.number):
            runs.append(endure(seed, known, endings))
            print(runs[-1].line, flush=True)
            for fault in runs[-1].faults:
                print(f"      {fault}\n      {runs[-1].folder}", flush=True)
    print("\n".join(_figures(runs)))
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if any(each.faults for each in runs) else 0


def _here(folder: Path) -> list[Ending]:
    return [each for each in Ending if each is not Ending.DISK or may_mount(folder)]


def _figures(runs: Sequence[Endured]) -> Iterator[str]:
    pairs = [(plan, end) for run in runs for plan, end in zip(run.plans, run.ends, strict=False)]
    came = Counter(plan.ending for plan, end in pairs if end.was_ended)
    late = Counter(plan.ending for plan, end in pairs if not end.was_ended)
    lasts = [run.last.stored for run in runs if run.last and run.last.stored]
    yield f"runs: {len(runs)}, with a fault: {sum(bool(run.faults) for run in runs)}"
    yield "ended by: " + ", ".join(
        f"{each} {came[each]} (and {late[each]} that came too late)" for each in Ending if came[each] + late[each]
    )
    yield f"ended again while they were resumed: {sum(len(run.ends) > 1 for run in runs)}"
    yield f"second signals: {sum(end.had_second for _, end in pairs)}; disks that had room again: {sum(end.freed for _, end in pairs)}"
    left, stored = (sum(getattr(end, name) is not None for _, end in pairs) for name in ("journal", "stored"))
    yield f"ended with a journal left: {left}, with a JSON stored: {stored}"
    yield f"JSONs made of a journal: {sum(run.recovered for run in runs)}; torn lines: {sum(run.torn for run in runs)}"
    kept = sum(run.kept for run in runs)
    yield f"cases taken from journals: {kept}, measured after: {sum(len(each.sides) for each in lasts) - kept}"
    yield f"pieces of comparisons in journals: {sum(end.kept.pieces for _, end in pairs)}"
    yield "exit codes: " + ", ".join(f"{code}: {times}" for code, times in sorted(Counter(end.code for _, end in pairs).items()))


if __name__ == "__main__":
    sys.exit(main())
