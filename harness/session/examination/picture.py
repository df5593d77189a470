"""Difference against depth: a panel for each part of the computation, in inline SVG.

Places across are in percent, so that the picture is as wide as the screen and its texts stay as large as the page's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.findings.account import WHOLE, precision, size
from harness.record.check import FARTHEST
from harness.record.parting import Part
from harness.session.examination.depth import Place, Placed
from harness.session.examination.markup import Markup, element, joined

HEIGHT, LOW_HEIGHT = 200, 150  # of the panel of inference, and of the others
TICK_PIXELS = 25  # between two ticks, at least
LABEL_PIXELS = 17  # between two names of lines
NUMBER_PERCENT = 3.0  # between two numbers of partings
LEAST, MOST = -18, 6  # powers of ten: what is beyond is drawn at the edge
HEADINGS = {
    Part.INFERENCE: "Inference",
    Part.TRAINING: "Forward pass of training",
    Part.GRADIENTS: "Gradients of the first step: from right to left, as they are computed",
    Part.STATISTICS: "Statistics of the norms after the first step",
    Part.STEP: "What the first step adds to the weights",
    Part.STEPS: "What 20 steps add to the weights",
}


class Scale(NamedTuple):
    """Logarithmic, from the power of ten at the bottom to that at the top."""

    least: int
    most: int
    height: int

    def y(self, apart: float) -> float:
        """What has no size is at the top, no difference at the bottom."""
        power = self.least if apart <= 0 else self.most if apart >= FARTHEST else math.log10(apart)
        return self.height * (self.most - min(max(power, self.least), self.most)) / (self.most - self.least)

    def ticks(self) -> list[int]:
        """Of the powers of 1000, as many as have room."""
        step = 3 * math.ceil((self.most - self.least) * TICK_PIXELS / self.height / 3)
        return [power for power in range(self.most, self.least - 1, -1) if power % step == 0]


def picture(placed: Mapping[Part, Sequence[Placed]]) -> Markup:
    """All panels have the same powers of ten, so that they compare."""
    least, most = _powers(place.point.apart for lines in placed.values() for line in lines for place in line.places)
    panels = (_panel(part, lines, Scale(least, most, HEIGHT if part is Part.INFERENCE else LOW_HEIGHT)) for part, lines in placed.items())
    ends = element("p", element("span", "inputs"), element("span", "depth"), element("span", "outputs"), class_="ends")
    return joined(*panels, ends)


def _powers(apart: Iterable[float]) -> tuple[int, int]:
    sizes = [math.log10(each) for each in apart if 0 < each < FARTHEST]
    least = max(LEAST, math.floor(min(sizes, default=-16.0)))
    return min(least, -3), min(MOST, max(0, math.ceil(max(sizes, default=0.0))))


def _panel(part: Part, lines: Sequence[Placed], scale: Scale) -> Markup:
    drawn = [element("g", _path(each, scale), *_dots(each, scale), class_=f"precision-{rank}") for rank, each in _back_to_front(lines)]
    names = _names(lines, scale)
    svg = element(
        "svg", *_grid(scale), *_marks(lines[0], scale), *drawn, *names, class_="panel", height=scale.height, role="group",
        aria_label=f"{HEADINGS[part]}: difference against depth. The arrow keys go from point to point.",
    )  # fmt: skip
    return element("div", element("h3", HEADINGS[part]), element("p", class_="reading", aria_hidden="true"), svg, class_="part")


def _back_to_front(lines: Sequence[Placed]) -> Iterator[tuple[int, Placed]]:
    """The finest precision is drawn over the others."""
    return reversed(list(enumerate(lines)))


def _grid(scale: Scale) -> Iterator[Markup]:
    for power in scale.ticks():
        y = scale.y(10.0**power)
        yield element("line", x1="0", x2="100%", y1=y, y2=y, class_="grid")
        yield element("text", "1" if power == 0 else f"1e{power}", x="0", dx="-8", y=y, dy="0.32em", class_="tick")


def _path(placed: Placed, scale: Scale) -> Markup:
    """Through all that is no parting: what is behind one is as close again. Stretched to the width of the picture, its stroke is not."""
    points = " ".join(f"{100 * each.depth:.3f},{scale.y(each.point.apart):.1f}" for each in placed.places if not each.fault)
    line = element("polyline", points=points, vector_effect="non-scaling-stroke", class_="line")
    return element("svg", line, viewBox=f"0 0 100 {scale.height}", preserveAspectRatio="none", width="100%", height=scale.height)


def _dots(placed: Placed, scale: Scale) -> Iterator[Markup]:
    for each in placed.places:
        told = _told(each, placed)
        yield element(
            "circle", element("title", told), cx=f"{100 * each.depth:.3f}%", cy=scale.y(each.point.apart), r=5 if each.fault else 2.5,
            class_="dot fault" if each.fault else "dot", role="img", aria_label=told, tabindex=-1,
        )  # fmt: skip


def _told(place: Place, placed: Placed) -> str:
    fault = f", parting {place.fault}" if place.fault else ""
    return f"{place.point.layer or WHOLE}, {place.point.operation}: {size(place.point.apart)} ({precision(placed.line)}){fault}"


def _marks(placed: Placed, scale: Scale) -> Iterator[Markup]:
    """A stem for each place where they part; the number of the parting at the first of its places, as far as there is room for it."""
    seen: set[int] = set()
    free = 0.0
    for each in placed.places:
        if not each.fault:
            continue
        x, y = f"{100 * each.depth:.3f}%", scale.y(each.point.apart)
        yield element("line", x1=x, x2=x, y1=y, y2=scale.height, class_="mark")
        if each.fault not in seen and 100 * each.depth >= free:
            seen.add(each.fault)
            free = 100 * each.depth + NUMBER_PERCENT
            yield element("text", str(each.fault), x=x, y=y, dy="-10", class_="number-of-fault")


def _names(lines: Sequence[Placed], scale: Scale) -> Iterator[Markup]:
    """Of the precisions, at the ends of their lines, where they do not lie over one another."""
    free = 0.0
    for rank, each in sorted(enumerate(lines), key=lambda one: scale.y(one[1].places[-1].point.apart)):
        y = max(free, scale.y(each.places[-1].point.apart))
        free = y + LABEL_PIXELS
        yield element("text", precision(each.line), x="100%", dx="9", y=y, dy="0.32em", class_=f"name precision-{rank}")
