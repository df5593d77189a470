"""`python -m history noise`: its options, and what it prints."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from harness.findings.outputs.terminal import Terminal
from history.collect import options as collection
from history.collect.revision import WORKING_TREE
from history.gate.evidence import gather
from history.gate.noise import noise
from history.gate.noise_table import print_noise
from history.output import write
from history.pairs.comparison import Comparison
from history.pairs.folder import pair_files
from history.pairs.plan import DEFAULT_MAX_PAIRS, Plan

NAME = "noise"
HELP = "tell how noisy this machine is: head against itself"
DESCRIPTION = """
Measures head against itself and tells each case's process-to-process spread, how often the gate would raise a false alarm, and the
smallest change that 4, 10 and 20 pairs find.
"""
DEFAULT_FOLDER = Path(".benchmarks/noise")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pairs", type=Path, metavar="DIR", help="Measure nothing: read the pairs in DIR, in which nothing changed.")
    parser.add_argument("--head", metavar="REV", default=WORKING_TREE, help="What is measured: a revision, or the default: %(default)r.")
    parser.add_argument("--count", type=collection.pairs, metavar="N", default=10, help="Pairs of every case. Default: %(default)s.")
    collection.add_options(parser, DEFAULT_FOLDER)
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the figures as JSON.")


def run(options: argparse.Namespace) -> int:
    folder: Path = options.pairs or options.into
    if options.pairs is None:
        collection.measure(_comparison(options), options, {"--json": options.json})
    found = noise(gather(pair_files(folder)), Plan(max_pairs=DEFAULT_MAX_PAIRS))
    print_noise(found, Terminal.of(sys.stdout))
    write("--json", options.json, msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    return 0


def _comparison(options: argparse.Namespace) -> Comparison:
    head = collection.side(options, options.head, None, [])
    return Comparison(
        base=head,
        head=head,
        pytest_arguments=tuple(options.pytest_arguments),
        plan=Plan(max_pairs=options.count),
        drop_clear_cases=False,
        across_environments=False,
    )
