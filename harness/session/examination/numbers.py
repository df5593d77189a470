"""The picture's numbers as tables: for whoever hears the page, and for looking one up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.findings.account import WHOLE, precision, size
from harness.record.parting import Part
from harness.session.examination.depth import Place, Placed
from harness.session.examination.markup import Markup, element
from harness.session.examination.picture import HEADINGS

COLUMNS = ("layer", "operation", "difference", "precision", "parting")


def numbers(placed: Mapping[Part, Sequence[Placed]]) -> Iterator[Markup]:
    """A table for each part, a row for each point."""
    for part, lines in placed.items():
        head = element("tr", *(element("th", name, scope="col") for name in COLUMNS))
        rows = [_row(place, each) for each in lines for place in each.places]
        table = element("table", element("caption", HEADINGS[part]), element("thead", head), element("tbody", *rows))
        yield element("div", table, class_="scroll", role="region", aria_label=HEADINGS[part], tabindex=0)


def _row(place: Place, placed: Placed) -> Markup:
    cells = (
        element("th", place.point.layer or WHOLE, scope="row"),
        element("td", place.point.operation),
        element("td", size(place.point.apart), class_="number"),
        element("td", precision(placed.line)),
        element("td", str(place.fault or "")),
    )
    return element("tr", *cells, class_="fault") if place.fault else element("tr", *cells)
