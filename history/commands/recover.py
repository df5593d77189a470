"""`python -m history recover`: its options, and the file that it makes of a journal."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pytest_benchmark.utils import get_machine_id

from harness.findings.benchmark_json import UNFINISHED, of_journal
from harness.record.journal import FOLDER, SUFFIX, Journal, JournalError, read
from history.output import write_with_folder
from history.records import BadInput

NAME = "recover"
HELP = "make a JSON file of what a session had measured when it ended early"
DESCRIPTION = """
Makes of a session's journal the file that the session would have stored: pytest-benchmark compares with it, and the gate and the report
read it. The journal stays, so that `pytest --resume` can go on with it.
"""
STORAGE = Path(".benchmarks")  # where nothing else was said


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "journal",
        type=Path,
        nargs="?",
        metavar="JOURNAL",
        help=f"A journal, or a folder that has some: the newest. Default: {STORAGE / FOLDER}.",
    )
    parser.add_argument("--into", type=Path, metavar="FILE", help="The JSON. Default: the next one in pytest-benchmark's storage.")


def run(options: argparse.Namespace) -> int:
    path = options.journal if options.journal and not options.journal.is_dir() else _newest(options.journal or STORAGE / FOLDER)
    try:
        journal = read(path)
    except JournalError as error:
        raise BadInput(str(error)) from error
    if not journal.sides and not journal.examinations:
        raise BadInput(f"{path}: no comparison is complete in it, so there is nothing to recover.")
    document = of_journal(journal)
    file = options.into or _next(journal)
    write_with_folder("--into", file, json.dumps(document, indent=4))
    print(_told(journal, document, file))
    return 0


def _newest(path: Path) -> Path:
    found = sorted(path.glob(f"*{SUFFIX}"))
    if not found:
        raise BadInput(f"{path}: no journal is there. A session that ends by itself and stores a JSON leaves none.")
    return found[-1]


def _next(journal: Journal) -> Path:
    """As pytest-benchmark numbers and names the files of its storage."""
    folder = Path(journal.opened.storage) / str(get_machine_id())  # type: ignore[no-untyped-call]
    numbers = [int(each.name[:4]) for each in folder.glob("[0-9][0-9][0-9][0-9]_*.json")]
    name = journal.opened.saved_as or f"{journal.opened.work.commit}_{journal.path.stem}"
    if recovered_before := sorted(folder.glob(f"[0-9][0-9][0-9][0-9]_{name}.json")):
        return recovered_before[-1]
    return folder / f"{max(numbers, default=0) + 1:04}_{name}.json"


def _told(journal: Journal, document: dict[str, Any], file: Path) -> str:
    unfinished = document.get(UNFINISHED)
    how = f"unfinished: {unfinished['measured']} of {unfinished['cases']} cases" if unfinished else f"all {len(journal.opened.cases)} cases"
    lost = f"; damaged lines left out: {', '.join(map(str, journal.damaged))}" if journal.damaged else ""
    return f"{file}: {how}{lost}"
