"""Quick answers beside a long look: what sessions with the usual budget say of each comparison, and what one without a budget says.

pytest benchmarks --measure-until precise --budget none --benchmark-max-time 10 --benchmark-json LONG.json
pytest benchmarks --benchmark-json QUICK-1.json          (again and again, with nothing else on the machine)
python -m tests.calibration.verdicts LONG.json QUICK-1.json QUICK-2.json …
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from harness.findings.ahead import answer, verdict
from harness.findings.comparison import Comparison, comparisons
from harness.findings.ratio import Answer, Ratio, ratio
from harness.record.outcome import Outcome
from history import records


class Agreement(StrEnum):
    """Of a quick answer with that of the long look."""

    SAME = "same"
    UNDECIDED = "undecided"  # the quick one
    ALONE = "told alone"  # the long look is undecided
    CONTRARY = "contrary"
    NOT_MEASURED = "not measured"  # the budget had no room, or a side has no number


class Looked(msgspec.Struct, frozen=True):
    """A comparison in one session."""

    answer: Answer
    text: str
    ratio: Ratio | None


def looked(comparison: Comparison) -> Looked:
    reference, other = comparison.sides
    return Looked(answer(reference, other), verdict(reference, other).text, ratio(reference, other))


def agreement(long: Looked, quick: Looked | None) -> Agreement:
    if quick is None:
        return Agreement.NOT_MEASURED
    if quick.answer is Answer.OPEN:
        return Agreement.UNDECIDED
    if long.answer is Answer.OPEN:
        return Agreement.ALONE
    return Agreement.SAME if quick.answer is long.answer else Agreement.CONTRARY


def held(long: Looked, quick: Sequence[Looked | None]) -> tuple[int, int]:
    """How many of the quick intervals hold what the long look found, and how many there are. One run each has none."""
    if long.ratio is None:
        return 0, 0
    intervals = [each.ratio for each in quick if each is not None and each.ratio is not None and each.ratio.low < each.ratio.high]
    return sum(each.low <= long.ratio.estimate <= each.high for each in intervals), len(intervals)


def session(path: Path) -> dict[str, Looked]:
    """By the titles of its comparisons. Raises BadInput."""
    rows = records.read(path).rows
    measured = [row.measurement for row in rows if row.measurement is not None and row.outcome is Outcome.OK]
    return {each.title: looked(each) for each in comparisons(measured) if len(each.sides) == 2}


def table(long: Mapping[str, Looked], quick: Sequence[Mapping[str, Looked]]) -> list[str]:
    """Lines of Markdown, and a last one that adds up."""
    counted: Counter[Agreement] = Counter()
    holding = intervals = 0
    columns = ["comparison", "the long look", *Agreement, "intervals that hold the long look's ratio"]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for title, look in long.items():
        seen = [each.get(title) for each in quick]
        agreed = Counter(agreement(look, each) for each in seen)
        held_here, intervals_here = held(look, seen)
        counted, holding, intervals = counted + agreed, holding + held_here, intervals + intervals_here
        told = f"{look.ratio.estimate:.2f} ({look.ratio.interval}): {look.text}" if look.ratio else look.text
        numbers = " | ".join(str(agreed[each]) for each in Agreement)
        lines.append(f"| {title} | {told} | {numbers} | {f'{held_here} of {intervals_here}' if intervals_here else '–'} |")
    return [*lines, ", ".join(f"{each}: {counted[each]}" for each in Agreement) + f"; {holding} of {intervals} intervals hold it"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("long", type=Path, metavar="LONG.json")
    parser.add_argument("quick", type=Path, nargs="+", metavar="QUICK.json")
    given = parser.parse_args()
    print("\n".join(table(session(given.long), [session(each) for each in given.quick])))


if __name__ == "__main__":
    main()
