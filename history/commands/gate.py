"""`python -m history gate`: its options, and the way from them to an exit code."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from harness.findings.outputs.terminal import Terminal
from history.collect import options as collection
from history.collect.revision import WORKING_TREE
from history.gate.decision import decide
from history.gate.evidence import gather
from history.gate.exit_code import Inconclusive, exit_code
from history.gate.junit import junit_xml
from history.gate.markdown import markdown
from history.gate.terminal import print_decision
from history.gate.verdict import Decision
from history.output import write
from history.pairs.comparison import Comparison, load
from history.pairs.folder import pair_files
from history.pairs.plan import DEFAULT_MAX_PAIRS, Plan
from history.records import BadInput

NAME = "gate"
HELP = "tell whether a commit made something slower or larger"
DESCRIPTION = """
Decides over fresh processes in pairs, base and head, whether a case regressed. Exit code 0: nothing regressed; 1: regressed, or
failed in head; 2: bad use or bad input; 3: inconclusive.
"""
DEFAULT_FOLDER = Path(".benchmarks/gate")


def add_options(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--pairs", type=Path, metavar="DIR", help="Decide over NN-base.json and NN-head.json in DIR.")
    source.add_argument("--base", metavar="REV", help="Measure REV against --head, then decide.")
    parser.add_argument("--head", metavar="REV", default=WORKING_TREE, help="A revision, or the default: %(default)r.")
    collection.add_options(parser, DEFAULT_FOLDER)
    parser.add_argument("--base-python", metavar="PYTHON", help="Interpreter of base's pytest. Default: --python.")
    parser.add_argument("--head-python", metavar="PYTHON", help="Interpreter of head's pytest. Default: --python.")
    parser.add_argument("--base-worker", **collection.WORKER, help="Like --worker, for base only.")
    parser.add_argument("--head-worker", **collection.WORKER, help="Like --worker, for head only.")
    parser.add_argument(
        "--min-effect", type=percent, metavar="PERCENT", default=0.02, help="A smaller slow-down is no regression. Default: 2 (%%)."
    )
    parser.add_argument(
        "--max-pairs",
        type=collection.pairs,
        metavar="N",
        help=f"Most pairs for an unclear case, fixed before the first. Default: {DEFAULT_MAX_PAIRS}; with --pairs, all there are.",
    )
    parser.add_argument(
        "--across-environments",
        action="store_true",
        help="Other versions of a framework are what is compared. Implied where base and head have other interpreters or workers.",
    )
    parser.add_argument(
        "--inconclusive",
        type=Inconclusive,
        choices=list(Inconclusive),
        default=Inconclusive.TELL,
        help="Exit code where nothing is shown either way: tell (3), pass (0) or fail (1). Default: tell.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the decision as JSON.")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="Write it as GitHub Markdown.")
    parser.add_argument("--junit-xml", type=Path, metavar="FILE", help="Write it as JUnit XML.")


def run(options: argparse.Namespace) -> int:
    folder: Path = options.pairs or options.into
    files = {"--json": options.json, "--markdown": options.markdown, "--junit-xml": options.junit_xml}
    if options.base is not None:
        collection.measure(_comparison(options), options, files)
    pairs = pair_files(folder)
    comparison = load(folder)
    across_environments = options.across_environments or (comparison is not None and comparison.across_environments)
    decision = decide(gather(pairs), _plan(options, comparison, len(pairs)), across_environments)
    print_decision(decision, Terminal.of(sys.stdout))
    for (option, path), render in zip(files.items(), (_json, markdown, junit_xml), strict=True):
        write(option, path, render(decision))
    return exit_code(decision.severity, options.inconclusive)


def percent(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0.0 < share < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage above 0 and below 100: write 2 or 2%")
    return share


def _comparison(options: argparse.Namespace) -> Comparison:
    base = collection.side(options, options.base, options.base_python, options.base_worker)
    head = collection.side(options, options.head, options.head_python, options.head_worker)
    if base.commit != head.commit:
        _expect_code_of_their_own(options.worker)
    return Comparison(
        base=base,
        head=head,
        pytest_arguments=tuple(options.pytest_arguments),
        plan=Plan(max_pairs=options.max_pairs or DEFAULT_MAX_PAIRS, min_effect=options.min_effect),
        drop_clear_cases=True,
        across_environments=options.across_environments or (base.python, base.workers) != (head.python, head.workers),
    )


def _expect_code_of_their_own(workers: list[str]) -> None:
    """A worker elsewhere runs the code that lies there: the same for both sides, which would then compare a commit with itself."""
    for worker in workers:
        if "ssh=" in worker or "socket=" in worker:
            raise BadInput(f"--worker {worker}: runs the same code for base and head. Give each its own: --base-worker and --head-worker.")


def _plan(options: argparse.Namespace, comparison: Comparison | None, pairs: int) -> Plan:
    """The looks of a collected folder were fixed before its first measurement; a folder from elsewhere has one at its end."""
    if comparison is None:
        return Plan(max_pairs=options.max_pairs or pairs, min_effect=options.min_effect)
    if options.max_pairs not in (None, comparison.plan.max_pairs):
        raise BadInput(f"--max-pairs {options.max_pairs}: {options.pairs} was collected for {comparison.plan.max_pairs}. Leave it out.")
    return msgspec.structs.replace(comparison.plan, min_effect=options.min_effect)


def _json(decision: Decision) -> str:
    return msgspec.json.format(msgspec.json.encode(decision), indent=2).decode() + "\n"
