"""Whose turn it is: AB BA AB BA; every case in the first pairs, suspects in those that follow."""

from __future__ import annotations

from pathlib import Path

import msgspec

from history.gate.decision import suspects
from history.gate.evidence import gather
from history.pairs.comparison import Comparison
from history.pairs.folder import pair_files, side_file, side_files
from history.pairs.plan import BATCH_PAIRS, FIRST_PAIRS
from history.records import read


class Pair(msgspec.Struct, frozen=True):
    number: int  # from 1
    cases: tuple[str, ...]  # node ids; empty for all

    @property
    def order(self) -> tuple[str, str]:
        return ("base", "head") if self.number % 2 else ("head", "base")


def drop_half_pair(folder: Path) -> None:
    """A pair interrupted between its sides is measured again as a whole: its second half would come from another time."""
    sides = side_files(folder)
    for number in sides["base"].keys() ^ sides["head"].keys():
        for name in ("base", "head"):
            side_file(folder, number, name).unlink(missing_ok=True)


def next_pair(folder: Path, comparison: Comparison) -> Pair | None:
    """By what is in the folder alone, so that it does not matter how often the collector was stopped."""
    plan = comparison.plan
    done = len(side_files(folder)["base"])
    if done >= plan.max_pairs:
        return None
    if done < min(FIRST_PAIRS, plan.max_pairs) or not comparison.drop_clear_cases:
        return Pair(done + 1, ())
    if (done - FIRST_PAIRS) % BATCH_PAIRS:
        return Pair(done + 1, _cases_of(side_file(folder, done, "base")))
    cases = suspects(gather(pair_files(folder)), plan, comparison.across_environments)
    return Pair(done + 1, cases) if cases else None


def _cases_of(path: Path) -> tuple[str, ...]:
    return tuple(row.fullname for row in read(path).rows)
