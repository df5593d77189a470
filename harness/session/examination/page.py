"""An examination as one HTML file that needs no other: what was found, difference against depth, and each place where the networks part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.findings.account import Titles, facts, headline, places
from harness.findings.partings import Group, grouped
from harness.findings.sides import title
from harness.record.parting import Examination, Part
from harness.session.examination.depth import Placed, placed
from harness.session.examination.markup import Markup, element
from harness.session.examination.numbers import numbers
from harness.session.examination.picture import picture

HERE = Path(__file__).parent
LEDE = (
    "Root mean square of the difference, in standard deviations of the value, from the inputs to the outputs. "
    "Equal networks in float64 differ by rounding alone, 1e-16 and what it grows to; behind a parting that is explained "
    "the comparison goes on with what the other framework computes. Lower precisions are of the networks as they are written."
)


def page(examination: Examination) -> str:
    titles = {each: title(each) for each in examination.frameworks}
    faults = grouped(examination.faults)
    inherent = grouped(each for each in examination.partings if each.inherent)
    lines = placed(examination, [*faults, *inherent])
    told = headline(examination, titles)
    name = f"{examination.title}: {' and '.join(titles.values())}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", name),
        element("style", _file("style.css")),
    )
    body = element(
        "body",
        element("header", element("p", name, class_="eyebrow"), element("h1", f"{told[:1].upper()}{told[1:]}.")),
        *_depth(lines),
        *_partings("Where they part", "", faults, 1, examination, titles),
        *_partings("What differs whatever one writes", "inherent", inherent, 1 + len(faults), examination, titles),
        *_notes("What was not gone through", examination.notes),
        *_notes("What proves little", examination.weak),
        *_numbers(lines),
        *_seconds(examination.seconds),
        element("script", _file("script.js")),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _file(name: str) -> Markup:
    return Markup((HERE / name).read_text(encoding="utf-8"))


def _section(heading: str, *children: str, class_: str = "") -> Markup:
    return element("section", element("h2", heading), *children, class_=class_)


def _depth(lines: Mapping[Part, Sequence[Placed]]) -> Iterator[Markup]:
    if lines:
        yield _section("Difference against depth", element("p", LEDE, class_="lede"), element("figure", picture(lines)))


def _partings(heading: str, kind: str, groups: Sequence[Group], first: int, examination: Examination, titles: Titles) -> Iterator[Markup]:
    """first: the number of the first of them, as the picture has it."""
    if groups:
        articles = (_parting(f"{number}. {places(group)}", kind, group, examination, titles) for number, group in enumerate(groups, first))
        yield _section(heading, *articles)


def _parting(heading: str, kind: str, group: Group, examination: Examination, titles: Titles) -> Markup:
    rows = (
        element("div", element("dt", fact.label), element("dd", *_prose(fact.text)), class_="reason" if fact.label == "reason" else "fact")
        for fact in facts(group, examination, titles)
    )
    return element("article", element("h3", heading), element("dl", *rows), class_=f"parting {kind}".strip())


def _prose(text: str) -> Iterator[str]:
    """What is between backticks is code."""
    for place, piece in enumerate(text.split("`")):
        yield element("code", piece) if place % 2 else piece


def _notes(heading: str, notes: Sequence[str]) -> Iterator[Markup]:
    if notes:
        yield _section(heading, element("ul", *(element("li", each) for each in notes)))


def _numbers(lines: Mapping[Part, Sequence[Placed]]) -> Iterator[Markup]:
    if lines:
        tables = element("details", element("summary", "All points of the picture"), *numbers(lines))
        yield _section("The numbers", tables, class_="numbers")


def _seconds(seconds: Mapping[str, float]) -> Iterator[Markup]:
    if seconds:
        yield element("footer", "What it took: ", ", ".join(f"{name} {each:.1f} s" for name, each in seconds.items()), ".")
