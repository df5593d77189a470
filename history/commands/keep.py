"""`python -m history keep`: its options, and what it prints."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.findings.outputs.terminal import Terminal
from history.nights.folder import Kept, keep
from history.output import make_folder
from history.report.cache import FOLDER

NAME = "keep"
HELP = "keep nights for years: packed, and all but the newest without their rounds"
DESCRIPTION = """
Puts files of pytest-benchmark's JSON into a folder, and sees to those that are there: each is packed by gzip, and all but the newest of
each machine are condensed: figures, statistics and intervals stay, the rounds' own durations go. `history report` reads the folder as
any other; gunzip makes of each file JSON that pytest-benchmark reads. A file that is no night stays as it is.
"""
RAW_NIGHTS = 30


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="New nights. Without any, the folder alone is seen to.")
    parser.add_argument("--into", type=Path, metavar="FOLDER", required=True, help="Where nights are kept.")
    parser.add_argument(
        "--raw-nights",
        type=nights,
        metavar="N",
        default=RAW_NIGHTS,
        help="So many of each machine's newest stay with their rounds. Default: %(default)s.",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        default=FOLDER,
        help="The report's, where files that were read are remembered by their content. Default: %(default)s.",
    )


def run(options: argparse.Namespace) -> int:
    make_folder("--into", options.into)
    kept = keep(options.files, options.into, options.raw_nights, options.cache)
    terminal = Terminal.of(sys.stdout)
    for note in kept.notes:
        terminal.line(f"{note.kind}: {note.source}: {note.text}", "yellow")
    terminal.line(_told(kept, options.into))
    return 0


def nights(text: str) -> int:
    """The newest one at least: the page shows it whole."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of nights: write 1 or more")
    return int(text)


def _told(kept: Kept, folder: Path) -> str:
    counts = f"{kept.nights} {'night' if kept.nights == 1 else 'nights'}, {kept.with_rounds} with their rounds"
    return f"{folder}: {counts}, {kept.condensed_now} condensed now; {kept.folder_bytes / 1e6:.1f} MB"
