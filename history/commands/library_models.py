"""`python -m history library-models`: its options, and the page that it writes."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from harness.findings.library_models import page
from harness.record.parting import EXAMINATIONS_FOLDER, Examination
from history.output import write_with_folder
from history.records import BadInput

NAME = "library-models"
HELP = "write the table of what torchvision and keras.applications have under one name"
DESCRIPTION = """
Writes a page of Markdown from the examinations that `pytest benchmarks/test_equal_work.py --model libraries` has kept: which architectures
are the same network in both libraries, where the others part and why, and what has to be changed.
"""
COMMAND = "tox run -m survey"
LIBRARIES = ("framework", "model_library")  # of an environment
PATTERN = "library_*.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    folder = Path(".benchmarks", EXAMINATIONS_FOLDER)
    parser.add_argument("--examinations", type=Path, metavar="DIR", default=folder, help="Where they are. Default: %(default)s.")
    parser.add_argument("--into", type=Path, metavar="FILE", required=True, help="The page.")


def run(options: argparse.Namespace) -> int:
    found = [_read(path) for path in sorted(options.examinations.glob(PATTERN))]
    if not found:
        mend = "run pytest benchmarks/test_equal_work.py --model libraries first"
        raise BadInput(f"--examinations {options.examinations}: no {PATTERN} there: {mend}.")
    write_with_folder("--into", options.into, page(found, _versions(found), COMMAND))
    return 0


def _read(path: Path) -> Examination:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Examination)
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput(f"{path}: holds no examination ({error}): examine the model again.") from error


def _versions(found: list[Examination]) -> dict[str, str]:
    """Of the first one that was examined. Raises BadInput where another one has others."""
    every = {
        tuple(environment[key] for environment in each.environments.values() for key in LIBRARIES if key in environment)
        for each in found
        if each.environments
    }
    if len(every) > 1:
        raise BadInput(
            f"examinations by different versions ({'; '.join(', '.join(each) for each in sorted(every))}): examine them all again."
        )
    return dict(text.split(" ", 1) for text in next(iter(every), ()))
