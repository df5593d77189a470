"""Options that one side's suite does not know, as they are newer than its commit: each side is asked, and what can be left out is.

The gate gives the same options to both sides. The first pull request after an option was added has a base that lacks it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from history.collect.process import MARKER, SUITE, last_line, start
from history.collect.reaper import Reaper
from history.pairs.comparison import Comparison, Side
from history.records import BadInput
from history.short_commit import short_commit

ONLY_CHECKS = "--require-"  # what an option is named that ends a run or lets it be, and changes nothing that is measured
_KNOWN_NOWHERE = "--is-this-option-known"  # it ends pytest as soon as it has read its options, before it does anything
_REFUSED = 4  # pytest's exit code for a usage error
_TOLD = re.compile(r"error: unrecognized arguments: (.*)")


def arguments_by_side(comparison: Comparison, trees: Mapping[str, Path], reaper: Reaper, console: Console) -> dict[str, tuple[str, ...]]:
    """What each side's pytest is given. Raises BadInput where a side lacks an option that may change what is measured."""
    given = comparison.pytest_arguments
    if not any(argument.startswith("--") for argument in given):
        return dict.fromkeys(trees, given)
    unknown = {name: _unknown(comparison.side(name), name, given, tree, reaper) for name, tree in trees.items()}
    if nowhere := frozenset.intersection(*unknown.values()):
        raise BadInput(f"-- {_listed(nowhere)}: neither side's suite knows it. `pytest {SUITE} --help` lists the options.")
    arguments = {name: _without(given, options, name, comparison.side(name), console) for name, options in unknown.items()}
    if any(unknown.values()):
        for name in (name for name, options in unknown.items() if not options):
            _check(comparison.side(name), name, given, trees[name], reaper)
    return arguments


def _unknown(side: Side, name: str, given: Sequence[str], tree: Path, reaper: Reaper) -> frozenset[str]:
    """As pytest tells them, which has asked the side's plugins and conftest.py. None where it ends before it could tell: measuring will."""
    _, said = _asked(side, name, (SUITE, _KNOWN_NOWHERE, *given), tree, reaper)
    told = _TOLD.search(said)
    names = {_name(word) for word in told[1].split()} if told else set()
    return frozenset(_name(argument) for argument in given if argument.startswith("--")) & names


def _check(side: Side, name: str, given: Sequence[str], tree: Path, reaper: Reaper) -> None:
    """The side that knows the checks makes them before the other, which does not, has measured anything. Raises BadInput."""
    code, said = _asked(side, name, (SUITE, "-m", MARKER, "--benchmark-skip", *given), tree, reaper)
    if code == _REFUSED:
        raise BadInput(f"--{name}: pytest ended with exit code {code}: {last_line(said)}")


def _asked(side: Side, name: str, arguments: Sequence[str], tree: Path, reaper: Reaper) -> tuple[int, str]:
    """Exit code and output."""
    with tempfile.TemporaryFile() as output:
        process = start(side, name, arguments, tree, output)
        reaper.process(process.pid)
        code = process.wait()
        reaper.ended(process.pid)
        output.seek(0)
        return code, output.read().decode(errors="replace")


def _without(given: Sequence[str], unknown: frozenset[str], name: str, side: Side, console: Console) -> tuple[str, ...]:
    if not unknown:
        return tuple(given)
    of = f"the suite of {short_commit(side.commit)}"
    if changing := frozenset(option for option in unknown if not option.startswith(ONLY_CHECKS)):
        what = f"{of} does not know {_listed(changing)}, which may change what is measured"
        raise BadInput(f"--{name}: {what}. Leave it out, or compare two commits that both know it.")
    console.print(
        f"--{name}: {of} does not know {_listed(unknown)}, and is measured without it. It checks the machine and changes no figure.",
        highlight=False,
        soft_wrap=True,
    )
    return tuple(argument for argument in given if _name(argument) not in unknown)


def _name(argument: str) -> str:
    return argument.partition("=")[0]


def _listed(options: frozenset[str]) -> str:
    return ", ".join(sorted(options))
