"""Folders of pairs with a planted change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from history.gate.decision import decide
from history.gate.evidence import gather
from history.gate.verdict import CaseVerdict, Decision
from history.pairs.folder import pair_files
from history.pairs.plan import Plan
from tests.history import suite_files as files

STEP_SECONDS = 0.1
ROUNDS = 5
PROCESS_SD = 0.01


def write_pairs(folder: Path, pairs: int, cases: int, slow_down: Mapping[int, float], seed: int = 1) -> None:
    """`slow_down`: share of the step's time that head's case with that index takes longer."""
    random = np.random.default_rng(seed)
    for number in range(1, pairs + 1):
        for side in ("base", "head"):
            benchmarks = []
            for index in range(cases):
                change = 1 + slow_down.get(index, 0.0) if side == "head" else 1.0
                level_seconds = STEP_SECONDS * change * random.lognormal(0, PROCESS_SD)
                step_seconds = (level_seconds * random.lognormal(0, 0.002, ROUNDS)).tolist()
                benchmarks.append(files.measured(files.name(index), step_seconds))
            files.write(folder / f"{number:02d}-{side}.json", benchmarks)


def rewrite(folder: Path, side: str, pairs: int, benchmark: dict[str, Any]) -> None:
    """The only case of `side` in each pair."""
    for number in range(1, pairs + 1):
        files.write(folder / f"{number:02d}-{side}.json", [benchmark])


def decided(folder: Path, across_environments: bool = False) -> Decision:
    pairs = pair_files(folder)
    return decide(gather(pairs), Plan(max_pairs=len(pairs)), across_environments)


def verdict_of(decision: Decision, index: int) -> CaseVerdict:
    return next(case for case in decision.cases if case.case == files.name(index))


def one_case(folder: Path, base: dict[str, Any], head: dict[str, Any], pairs: int = 4) -> None:
    rewrite(folder, "base", pairs, base)
    rewrite(folder, "head", pairs, head)


def timed(**changes: Any) -> dict[str, Any]:
    return files.measured(files.name(0), [0.1, 0.1], **changes)
