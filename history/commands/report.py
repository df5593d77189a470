"""`python -m history report`: its options."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from history.records import BadInput
from history.report.cache import FOLDER, unusable

NAME = "report"
HELP = "make a site of all runs in a folder"
DESCRIPTION = """
Turns a folder of pytest-benchmark JSON files, all commits and machines in it, into a site of static pages that needs no network: the
newest run, each case's history, regressions, any two runs side by side. The newest run's page begins with a sentence that says what
changed since the run before. Files that cannot be read are named, the rest is built.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("storage", type=Path, metavar="STORAGE", help="The folder, searched whole: the suite's own is .benchmarks.")
    parser.add_argument(
        "--output", type=Path, metavar="SITE", required=True, help="Folder of the site: new, empty, or of an earlier build."
    )
    parser.add_argument(
        "--repository", type=Path, metavar="DIR", default=Path(), help="Git repository that has the commits' messages. Default: here."
    )
    parser.add_argument("--commit-url", metavar="URL", default="", help="Where a commit can be looked at: https://…/commit/{commit}.")
    parser.add_argument("--noise", type=Path, metavar="FILE", help="This machine's noise, as `noise --json` wrote it, for the bands.")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        default=FOLDER,
        help="Where files that were read are remembered by their content. Default: %(default)s.",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="Write the newest run as GitHub Markdown, for the job's page.")


def run(options: argparse.Namespace) -> int:
    try:  # what draws and exports is not installed where the gate alone is run
        from history.report.build import build
    except ModuleNotFoundError as error:
        raise BadInput(f"the report needs {error.name}, which is not installed: pip install -e '.[report]'.") from error
    if why := unusable(options.cache):
        print(f"--cache {options.cache}: cannot be written ({why}): each file is read anew.", file=sys.stderr)
    build(options)
    return 0
