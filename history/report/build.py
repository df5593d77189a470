"""From a storage to a site, a summary and a few lines in the terminal."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.findings.outputs.terminal import Terminal
from history.gate.noise import Noise
from history.records import BadInput
from history.report.changes import machine_changes
from history.report.commits import Commits
from history.report.histories import MachineHistory, of_machines
from history.report.job_summary import job_summary
from history.report.links import links
from history.report.notes import Kind, Note
from history.report.overview import overview
from history.report.site import Report, expect_free, write
from history.report.storage import load


def build(options: argparse.Namespace) -> None:
    """Raises BadInput."""
    report = _report(options)
    write(report, options.output)
    if options.markdown is not None:
        text = job_summary(report.machines[0], report.overviews[0], report.changes[0].changes, report.notes)
        _write_text(options.markdown, text)
    _tell(report, options.output)


def _report(options: argparse.Namespace) -> Report:
    expect_free(options.output)
    places = links(options.commit_url)
    noise = _noise(options.noise)
    storage = load(options.storage, options.cache)
    gc.freeze()  # the nights stay to the end: the collector need not look at them again
    machines = of_machines(storage.nights)
    commits = Commits(options.repository, (dated.night.commit for dated in storage.nights))
    changes = tuple(machine_changes(machine, commits) for machine in machines)
    return Report(
        machines=tuple(machines),
        overviews=tuple(overview(machine, found, commits, options.storage) for machine, found in zip(machines, changes, strict=True)),
        changes=changes,
        notes=(
            *storage.notes,
            *_several(len(machines), [machine.key.title for machine in machines]),
            *_without_messages(commits),
            *_without_rounds(machines),
        ),
        commits=commits,
        links=places,
        noise=noise,
        folder=options.storage,
    )


def _several(count: int, titles: list[str]) -> list[Note]:
    return [Note(Kind.MACHINES, "", f"{count} machines, each with a history of its own: {'; '.join(titles)}.")] if count > 1 else []


def _without_messages(commits: Commits) -> list[Note]:
    return [Note(Kind.COMMITS, "", f"their messages are not told: {commits.refusal}")] if commits.refusal else []


def _without_rounds(machines: Sequence[MachineHistory]) -> list[Note]:
    """`history keep` leaves each machine's newest its rounds: the files with them are elsewhere, or gone."""
    text = "the newest run of its machine, and its rounds were left out: its percentiles and pictures are not told."
    return [Note(Kind.CONDENSED, machine.nights[-1].source, text) for machine in machines if machine.newest.condensed]


def _noise(path: Path | None) -> Noise | None:
    if path is None:
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Noise)
    except (OSError, msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"--noise {path}: not what `noise --json` writes ({error}).") from error


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"--markdown {path}: cannot be written ({error.strerror}).") from error


def _tell(report: Report, site: Path) -> None:
    terminal = Terminal.of(sys.stdout)
    for note in report.notes:
        place = f"{note.source}: " if note.source else ""
        terminal.line(f"{note.kind}: {place}{note.text}", "yellow")
    nights = sum(len(machine.nights) for machine in report.machines)
    cases = max(len(machine.cases) for machine in report.machines)
    changes = [change for each in report.changes for change in each.changes]
    new = sum(change.new and change.worse for change in changes)
    terminal.line(
        f"{nights} {'run' if nights == 1 else 'runs'} of up to {cases} cases; {len(changes)} changes found, {new} of them new regressions."
    )
    terminal.line(str(site / "index.html"))
