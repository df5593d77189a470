"""The options of every command that measures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from history.collect.budget import Budget
from history.collect.collector import collect
from history.collect.revision import commit, repository, suite
from history.output import expect_writable, make_folder
from history.pairs.comparison import Comparison, Side
from history.pairs.plan import FIRST_PAIRS

WORKER: dict[str, Any] = {"metavar": "FRAMEWORK=SPEC", "action": "append", "default": []}


def add_options(parser: argparse.ArgumentParser, default_folder: Path) -> None:
    parser.add_argument(
        "--into",
        type=Path,
        metavar="DIR",
        default=default_folder,
        help="Where the pairs are kept; the same command goes on where it was stopped. Default: %(default)s.",
    )
    parser.add_argument("--python", metavar="PYTHON", default=sys.executable, help="Interpreter of pytest. Default: this one.")
    parser.add_argument("--worker", **WORKER, help="Passed to pytest: where a framework's worker runs, as an execnet spec. Repeatable.")
    parser.add_argument(
        "--budget",
        type=minutes,
        metavar="MINUTES",
        help="Begin no pair that would not end within so long: set it below the limit at which a runner kills its job. Default: none.",
    )
    parser.add_argument("pytest_arguments", nargs="*", metavar="-- PYTEST_ARGUMENT", help="Passed to pytest on both sides.")


def side(options: argparse.Namespace, revision: str, python: str | None, workers: list[str]) -> Side:
    """Raises BadInput for what is no revision."""
    return Side(
        commit=commit(repository(), revision, besides=options.into),
        python=python or options.python,
        workers=(*options.worker, *workers),
    )


def measure(comparison: Comparison, options: argparse.Namespace, files: Mapping[str, Path | None]) -> None:
    """files: what will be written when all is measured, by option. Raises BadInput."""
    make_folder("--into", options.into)
    for option, path in files.items():
        expect_writable(option, path)
    top = repository()
    collect(comparison, options.into, top, suite(top), Console(stderr=True), Budget(options.budget))


def minutes(text: str) -> float:
    try:
        given = float(text)
    except ValueError:
        given = 0.0
    if not 0.0 < given < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes above 0")
    return given


def pairs(text: str) -> int:
    if not text.isdecimal() or int(text) < FIRST_PAIRS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of pairs: {FIRST_PAIRS} is the least")
    return int(text)
