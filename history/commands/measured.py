"""`python -m history measured`: its options, and the page that it writes."""

from __future__ import annotations

import argparse
from pathlib import Path

from history.measured.folder import ABOUT, PUBLISHED, read_folder
from history.measured.page import page
from history.output import write_with_folder

NAME = "measured"
HELP = "write a page of what a machine has measured"
DESCRIPTION = f"""
Writes a page of Markdown from a folder of sessions' JSON: what it was measured on, side by side, share of the chip's peak, energy, memory
by each meter, cold starts, and what was not measured. {ABOUT} in the folder has the page's title and notes, {PUBLISHED}, if it is there,
the figures of others that are set beside these.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"Has the sessions' JSON and {ABOUT}.")
    parser.add_argument("--into", type=Path, metavar="FILE", required=True, help="The page.")


def run(options: argparse.Namespace) -> int:
    command = f"python -m history {NAME} {options.folder} --into {options.into}"
    write_with_folder("--into", options.into, page(read_folder(options.folder), command))
    return 0
