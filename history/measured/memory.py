"""Memory by each meter, with how each was read and why one could not be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.findings.ahead import verdicts
from harness.findings.comparison import Comparison, phase_of
from harness.findings.figures import known
from harness.findings.outputs.markdown import code, escaped, table
from harness.findings.ratio import HOST_METER, OLDER_HOST_METER, compared_meter
from harness.findings.sides import ordered, title
from harness.record.figure import NOTHING, Figure, Unit, size
from harness.record.measurement import Reading
from history.measured.folder import Folder

TITLE = "Memory, by each meter"
HOW_TO_READ = (
    "One run of a few steps in a fresh process each, so a ratio has no interval. An allocator's peak is exact and the same question to"
    " both; what the driver counts holds the CUDA context and all that an allocator keeps for later, so it tells more of how a framework"
    " takes memory than of how much it needs."
)
OLDER = (
    "The host's meters of these sessions count the pages of libraries that happened to be mapped: they were measured before file pages were"
    " told apart, so their ratio may move from machine to machine."
)


def blocks(folder: Folder) -> Iterator[str]:
    found = [(session.name, each) for session in folder.sessions for each in session.comparisons if _readings(each)]
    if not found:
        return
    yield HOW_TO_READ
    names = {name for _, each in found for name in _readings(each)}
    if OLDER_HOST_METER in names and HOST_METER not in names:
        yield OLDER
    for file, comparison in found:
        yield f"**{code(file)}, {escaped(comparison.title)}.** Compared by {_figure(compared_meter(comparison.sides)).title}:" + _result(
            comparison
        )
        frameworks = ordered(side.case.framework for side in comparison.sides)
        yield table(("meter", *map(title, frameworks), "ratio", "read by"), _rows(comparison, frameworks))
        unread = list(_unread(comparison))
        if unread:
            yield "Not read, or with a limit to it:"
            yield "\n".join(unread)


def _result(comparison: Comparison) -> str:
    return " " + "; ".join(f"**{escaped(each.text)}**" for each in verdicts(comparison)) + "."


def _readings(comparison: Comparison) -> dict[str, dict[str, Reading]]:
    """By the meter's name, then by framework; the meters in the order of the phase's table, those that it does not show last."""
    found: dict[str, dict[str, Reading]] = {}
    for side in comparison.sides:
        for reading in side.readings:
            found.setdefault(reading.name, {})[side.case.framework] = reading
    phase = phase_of(comparison.reference.case)
    tabled = [each.name for each in phase.figures if isinstance(each, Figure)] if phase else []
    order = list(dict.fromkeys([*tabled, *known()]))
    return dict(sorted(found.items(), key=lambda each: order.index(each[0]) if each[0] in order else len(order)))


def _rows(comparison: Comparison, frameworks: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, sides in _readings(comparison).items():
        read = [sides[each].value_bytes if each in sides else None for each in frameworks]
        if not any(read):
            continue
        first, *others = read
        ratios = [f"{first / other:.2f}" if first and other else NOTHING for other in others]
        sources = {title(each): sides[each].source for each in frameworks if each in sides}
        values = (NOTHING if value is None else size(value, digits=0) for value in read)
        yield escaped(_figure(name).title), *values, ", ".join(ratios), escaped(_joined(sources))


def _joined(sources: Mapping[str, str]) -> str:
    """By framework; without their names where all say the same."""
    if len(set(sources.values())) == 1:
        return next(iter(sources.values()))
    return "; ".join(f"{framework}: {source}" for framework, source in sources.items())


def _unread(comparison: Comparison) -> Iterator[str]:
    """What has no value, or one with a limit to it, by the reason."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, sides in _readings(comparison).items():
        for framework, reading in sides.items():
            if reading.status != "ok":
                found.setdefault(reading.status, {}).setdefault(title(framework), []).append(_figure(name).title)
    for status, by_framework in found.items():
        meters = {framework: "; ".join(names) for framework, names in by_framework.items()}
        yield f"- {escaped(status)}. Of {escaped(_of_all(meters))}."


def _of_all(meters: Mapping[str, str]) -> str:
    """By framework; the frameworks together where they have the same."""
    if len(set(meters.values())) == 1:
        return f"{' and '.join(meters)}: {next(iter(meters.values()))}"
    return ". Of ".join(f"{framework}: {names}" for framework, names in meters.items())


def _figure(name: str) -> Figure:
    return known().get(name) or Figure(name, name.removesuffix("_bytes").replace("_", " "), Unit.BYTES)
