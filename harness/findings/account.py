"""What is told of an examination: one sentence, and the facts of each place where the networks part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.findings.partings import Group, grouped
from harness.record.case import Precision
from harness.record.check import FARTHEST
from harness.record.parting import Examination, Line, Part, Reason

PARTS = {
    Part.INFERENCE: "inference",
    Part.TRAINING: "forward pass of training",
    Part.GRADIENTS: "gradients",
    Part.STATISTICS: "statistics",
    Part.STEP: "weights after 1 step",
    Part.STEPS: "weights after 20 steps",
}
PRECISIONS = {Precision.FP64: "float64", Precision.FP32: "float32", Precision.TF32: "TensorFloat-32", Precision.BF16: "bfloat16"}
FINEST_FIRST = tuple(PRECISIONS)
NAMED = 3  # of many layers
WHOLE = "the network itself"

Titles = Mapping[str, str]  # of the frameworks, by name


class Fact(NamedTuple):
    label: str
    text: str


def headline(examination: Examination, titles: Titles) -> str:
    """Whether it is the same network, in one sentence without its end."""
    sides = " and ".join(titles[each] for each in examination.frameworks)
    if examination.failure:
        return f"not examined: {examination.failure}"
    if examination.faults:
        return f"{_verdict(examination, sides)}: {_counted(grouped(examination.faults), examination.layers)}"
    if not examination.lines:
        return f"nothing was compared between {sides}"
    limit = ", as far as they were gone through" if examination.notes else ""
    followed = _joined(_followed({line.part for line in examination.lines}))
    told = f"the same network in {sides}{limit}: {_compared(examination)}"
    return f"{told}; {followed} agree" if followed else told


def in_short(examination: Examination, titles: Titles) -> str:
    """What is added to a refusal: the headline, and of each place where and why in a line."""
    found = headline(examination, titles)
    for group in grouped(examination.faults):
        why = "; ".join(each.told for each in group.first.reasons) or "none of the known reasons makes the two agree"
        found += f"\n  {places(group)}: {why}"
    return found


def size(apart: float) -> str:
    """A difference, in standard deviations of the value."""
    return "another size, or values that are not finite" if apart >= FARTHEST else f"{apart:.2g}"


def precision(line: Line) -> str:
    return PRECISIONS[Precision(line.precision)] if line.precision in FINEST_FIRST else line.precision


def finest_first(lines: Sequence[Line]) -> list[Line]:
    order = [str(each) for each in FINEST_FIRST]
    return sorted(lines, key=lambda line: order.index(line.precision) if line.precision in order else len(order))


def places(group: Group) -> str:
    """The layers, the first ones by name."""
    layers = [layer or WHOLE for layer in group.layers]
    more = len(layers) - NAMED
    return ", ".join(layers) if more <= 1 else f"{', '.join(layers[:NAMED])} and {more} more layers"


def facts(group: Group, examination: Examination, titles: Titles) -> Iterator[Fact]:
    """In the order in which they are read. Of many layers the operations are the first one's."""
    own, other = examination.frameworks
    first = group.first
    yield Fact("part", _joined([PARTS[part] for part in group.parts]))
    if first.operation:
        yield Fact(titles[own], first.operation)
    if first.other_layer or first.other_operation:
        yield Fact(titles[other], ": ".join(filter(None, (first.other_layer, first.other_operation))))
    most = "at most " if len(group.partings) > 1 else ""
    yield Fact("difference", f"what goes in: {most}{size(group.entered)}; what comes out: {most}{size(group.left)}")
    for reason in first.reasons:
        yield from _explained(reason, group, examination, titles)
    if not first.reasons:
        yield Fact("reason", "none that is known makes the two agree")
    if first.ruled_out:
        yield Fact("ruled out", ", ".join(each.replace("_", " ") for each in first.ruled_out))


def _explained(reason: Reason, group: Group, examination: Examination, titles: Titles) -> Iterator[Fact]:
    known = examination.known.get(reason.entry)
    name = known.title if known else reason.entry.replace("_", " ")
    where = f", in {reason.operation}" if reason.operation and reason.operation != group.first.operation else ""
    yield Fact("reason", f"{name}: {reason.told}{where}")
    if known:
        if known.symptom:
            yield Fact("seen as", known.symptom)
        mends = [(titles[each], mend) for each in examination.frameworks if (mend := known.mends.get(each))]
        for place, (title, mend) in enumerate(mends):
            yield Fact(f"{'or' if place else 'mend'} in {title}", mend)


def _verdict(examination: Examination, sides: str) -> str:
    """A network that computes the same, and is trained in another way, is not called another network."""
    compared = any(line.part is Part.INFERENCE for line in examination.lines)
    if compared and all(each.part is not Part.INFERENCE for each in examination.faults):
        return f"the same network in {sides}, trained in two ways"
    return f"not the same network in {sides}"


def _counted(groups: Sequence[Group], compared: int) -> str:
    layers = list(dict.fromkeys(layer for group in groups for layer in group.layers))
    differences = "1 difference" if len(groups) == 1 else f"{len(groups)} differences"
    where = f"in {layers[0] or WHOLE}" if len(layers) == 1 else f"in {len(layers)} layers, the first in {layers[0] or WHOLE}"
    unexplained = sum(not group.first.is_explained for group in groups)
    told = f"{differences} {where}, of {compared} that were compared"
    return f"{told}; {unexplained} without a known reason" if unexplained else told


def _compared(examination: Examination) -> str:
    layers = f"{examination.layers} layer{'' if examination.layers == 1 else 's'}"
    found = largest(examination)
    return f"{layers}, largest difference {found}" if found else layers


def largest(examination: Examination) -> str:
    """The difference of the forward passes in the finest precision, but for where the frameworks differ whatever one writes."""
    told = {(each.part, each.layer) for each in examination.partings}
    forward = finest_first([line for line in examination.lines if line.part in (Part.INFERENCE, Part.TRAINING) and line.points])
    of_one = [line for line in forward if line.precision == forward[0].precision]
    apart = [point.apart for line in of_one for point in line.points if (line.part, point.layer) not in told]
    return f"{size(max(apart))} ({precision(forward[0])})" if apart else ""


def _followed(compared: set[Part]) -> list[str]:
    """What was compared beside the inference."""
    weights = {frozenset({Part.STEP}): "1 step", frozenset({Part.STEPS}): "20 steps", frozenset({Part.STEP, Part.STEPS}): "1 and 20 steps"}
    steps = weights.get(frozenset(compared & {Part.STEP, Part.STEPS}))
    rest = [PARTS[part] for part in (Part.TRAINING, Part.GRADIENTS, Part.STATISTICS) if part in compared]
    return [*rest, f"weights after {steps}"] if steps else rest


def _joined(texts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))
