"""The newest night as GitHub Markdown, for the page of the job that measured it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.findings.ahead import Verdict
from harness.findings.five_metrics import FiveMetrics, Metric
from harness.findings.outputs.markdown import code, escaped, folded, table
from harness.findings.sides import title
from harness.record.figure import NOTHING
from harness.record.text import clipped, is_cut, shortened
from history.report.changes import Change
from history.report.histories import MachineHistory
from history.report.notes import Note
from history.report.overview import Failure, Overview
from history.report.percent import percent
from history.short_commit import short_commit

MOST_ROWS = 100
LONGEST_NAME = 160  # characters of a table's cell
LONGEST_REASON = 120


def job_summary(machine: MachineHistory, overview: Overview, changes: Sequence[Change], notes: Sequence[Note]) -> str:
    new = [change for change in changes if change.new]
    parts = [
        f"### {escaped(overview.since.sentence)}",
        f"{escaped(_run(machine))} · {_models(overview)}{_measured(overview)}.",
    ]
    if new:
        parts.append(_changes(new))
    parts.extend(_metrics(each, overview.dates) for each in overview.metrics)
    if overview.failures:
        parts.append("**Failed**\n\n" + _failures(overview.failures))
    if notes:
        lines = "\n".join(f"- {note.kind}: {code(note.source)} {escaped(note.text)}" for note in notes[:MOST_ROWS])
        parts.append(folded(f"{len(notes)} {'note' if len(notes) == 1 else 'notes'} on the files", lines))
    return "\n\n".join(parts) + "\n"


def _run(machine: MachineHistory) -> str:
    newest = machine.nights[-1]
    return f"{newest.when:%Y-%m-%d %H:%M} UTC · {short_commit(newest.night.commit, 'unknown commit')} · {machine.key.title}"


def _models(overview: Overview) -> str:
    """None in files of other suites alone."""
    return f"{escaped(', '.join(overview.models.values()))} · " if overview.models else ""


def _measured(overview: Overview) -> str:
    measured = f"{overview.measured} of {overview.cases} cases measured"
    return measured if overview.unfinished is None else f"{measured} · **unfinished: {overview.unfinished.told}**"


def _failures(failures: Sequence[Failure]) -> str:
    rows = [
        (escaped(clipped(each.name, LONGEST_NAME)), escaped(each.framework), each.outcome, escaped(shortened(each.detail, LONGEST_REASON)))
        for each in failures[:MOST_ROWS]
    ]
    whole = "\n\nWhy, in full: on the page of the newest run." if any(is_cut(each.detail, LONGEST_REASON) for each in failures) else ""
    return table(("case", "framework", "outcome", "why"), rows) + whole


def _changes(changes: Sequence[Change]) -> str:
    rows = [
        (
            escaped(change.title),
            f"{percent(change.share)} {change.word}",
            f"{percent(change.low)} … {percent(change.high)}",
            code(f"{short_commit(change.commit_before, '?')}..{short_commit(change.commit_after, '?')}"),
            escaped("; ".join(change.environment)) or NOTHING,
            code(change.command) if change.command else NOTHING,
        )
        for change in changes[:MOST_ROWS]
    ]
    return table(("new since the run before", "change", "95 % interval", "commits", "environment", "confirm"), rows)


def _metrics(found: FiveMetrics, dates: Mapping[str, str]) -> str:
    """dates: of comparisons that are of an older run."""
    columns = ("metric", *(escaped(title(each)) for each in found.frameworks), "ratio", "95 % interval", "result")
    return f"**{escaped(found.heading)}**\n\n" + table(
        columns, (_metric(each, found.frameworks, dates.get(each.source, "")) for each in found.metrics if each.source)
    )


def _metric(metric: Metric, frameworks: Sequence[str], date: str) -> tuple[str, ...]:
    """A line for each side that the reference is compared with: both are named where there are several."""
    said = metric.verdicts
    several = len(said) > 1
    results = [f"{_sides(each)}: {each.text}" if several else each.text for each in said]
    lines = ([each.ratio for each in said], [each.interval for each in said], results)
    name = f"{metric.name}, {date}" if date else metric.name
    return (name, *(escaped(metric.values[each]) for each in frameworks), *map(_lines, lines))


def _sides(verdict: Verdict) -> str:
    return f"{title(verdict.reference)} against {title(verdict.other)}" if verdict.reference else f"against {title(verdict.other)}"


def _lines(parts: Sequence[str]) -> str:
    """One below the other, a part that is empty in its place; an empty cell where there is none."""
    return "<br>".join(escaped(each) or NOTHING for each in parts) if any(parts) else ""
