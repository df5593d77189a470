"""Writes the site: pages from templates, the style and scripts beside them, the data below."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.findings.ahead import Verdict
from harness.findings.sides import ordered, title
from history.gate.noise import Noise
from history.output import make_folder
from history.records import TO_SHOW, BadInput, read
from history.report import run_data
from history.report.changes import Change, MachineChanges
from history.report.commits import Commits
from history.report.data_files import MARK, DataFiles
from history.report.export import export
from history.report.histories import MachineHistory
from history.report.history_data import case_history
from history.report.links import Links
from history.report.marks.colours import colour
from history.report.marks.slugs import slug
from history.report.notes import Note
from history.report.overview import Overview
from history.report.page_text import in_short, shown
from history.report.percent import percent
from history.report.pictures import pictures
from history.report.sparklines import Sparkline, sparkline
from history.short_commit import is_hash, short_commit
from history.trends.limits import LIMITS

HERE = Path(__file__).parent


class Report(msgspec.Struct, frozen=True):
    """All that the site shows."""

    machines: tuple[MachineHistory, ...]  # that of the newest run first
    overviews: tuple[Overview, ...]
    changes: tuple[MachineChanges, ...]
    notes: tuple[Note, ...]
    commits: Commits
    links: Links
    noise: Noise | None
    folder: Path


def expect_free(site: Path) -> None:
    """Raises BadInput for a folder that holds something else: what an earlier build left is replaced."""
    if site.exists() and not site.is_dir():
        raise BadInput(f"--output {site}: not a folder.")
    make_folder("--output", site)
    if any(site.iterdir()) and not (site / "data" / MARK).is_file():
        raise BadInput(f"--output {site}: holds something that is no report. Give an empty folder.")


def write(report: Report, site: Path) -> None:
    make_folder("--output", site)
    data = DataFiles(site)
    _write_data(report, data)
    _write_pages(report, site)
    shutil.copytree(HERE / "static", site / "static", dirs_exist_ok=True)
    data.remove_others()


def _write_data(report: Report, data: DataFiles) -> None:
    machines = list(report.machines)
    sds = {machine.key.slug: found.night_sds for machine, found in zip(machines, report.changes, strict=True)}
    data.write("runs", run_data.runs(machines, report.commits, report.links))
    data.write("cases", run_data.cases(machines, sds))
    data.write("changes", [change for found in report.changes for change in found.changes])
    data.write("notes", report.notes)
    for machine, overview, found in zip(machines, report.overviews, report.changes, strict=True):
        place = machine.key.slug
        data.write(f"overview/{place}", overview)
        data.write(f"pictures/{place}", _pictures(report, machine))
        of_comparison: dict[str, list[Change]] = {}
        for change in found.changes:
            of_comparison.setdefault(change.comparison, []).append(change)
        for comparison in machine.comparisons:
            content = case_history(machine, comparison, of_comparison.get(comparison, []), found.night_sds, report.noise)
            data.write(f"history/{place}/{slug(comparison)}", content)
        for dated in machine.nights:
            name = f"runs/{dated.night.identity}"
            if not data.keep(name):
                data.write(name, run_data.figures_of_run(dated.night))
    export(machines, data.path("history.csv"), data.path("history.parquet"))


def _pictures(report: Report, machine: MachineHistory) -> list[dict[str, Any]]:
    run = read(report.folder / machine.nights[-1].source, TO_SHOW)
    return pictures(run.rows)


def _write_pages(report: Report, site: Path) -> None:
    environment = _environment()
    frameworks = ordered(each for machine in report.machines for each in machine.frameworks if each)
    shared: dict[str, Any] = {
        "machines": report.machines,
        "notes": report.notes,
        "changes": _in_order([change for found in report.changes for change in found.changes]),
        "change_lines": _change_lines(report),
        "commits": report.commits,
        "links": report.links,
        "heading": " against ".join(map(title, frameworks)) or "Benchmarks",
        "slug": slug,
        "newest_page": {machine.key.slug: _page(report, machine) for machine in report.machines},
        "axes": run_data.axes(list(report.machines)),
        "fewest": LIMITS.fewest_nights,
        "longest": max((case.times_measured for machine in report.machines for case in machine.cases), default=0),
    }
    for machine, overview, found in zip(report.machines, report.overviews, report.changes, strict=True):
        page = environment.get_template("overview.html.j2").render(
            shared, page="overview", machine=machine, dated=machine.nights[-1], overview=overview, found=found, night=machine.newest
        )
        (site / _page(report, machine)).write_text(page, encoding="utf-8", errors="replace")
    for name in ("history", "regressions", "compare", "pictures"):
        page = environment.get_template(f"{name}.html.j2").render(shared, page=name, machine=report.machines[0])
        (site / f"{name}.html").write_text(page, encoding="utf-8", errors="replace")
    for path in site.glob("machine-*.html"):
        if path.name not in shared["newest_page"].values():
            path.unlink()


def _change_lines(report: Report) -> dict[Change, Sparkline]:
    """The nights of each case that changed; what all cases share has no line of its own."""
    found = {}
    for machine, changes in zip(report.machines, report.changes, strict=True):
        for change in changes.changes:
            if change.comparison:
                case = machine.comparisons[change.comparison][change.framework]
                values = {case.framework: case.values}
                found[change] = sparkline(values, case.how.figure, case.nights.index(change.night))
    return found


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=percent, day=_day, framework_title=title, colour=colour, in_short=in_short, short_commit=short_commit
    )
    environment.tests.update(leading=leading, hash=is_hash)
    return environment


def leading(framework: str, verdicts: Sequence[Verdict]) -> bool:
    """Whether it is ahead in all that is said of it: of the reference each verdict is, of another side its own."""
    own = [each for each in verdicts if framework in (each.reference, each.other)]
    return bool(framework and own) and all(each.ahead == framework for each in own)


def _day(when: str) -> str:
    return datetime.fromisoformat(when).strftime("%-d %B %Y")


def _page(report: Report, machine: MachineHistory) -> str:
    """The machine of the newest run is the index."""
    return "index.html" if machine is report.machines[0] else f"machine-{machine.key.slug}.html"


def _in_order(changes: Sequence[Change]) -> list[Change]:
    """New ones first, then the latest; where they are of one moment the worst first."""
    by_size = sorted(changes, key=lambda change: (not change.worse, -abs(change.share)))
    latest_first = sorted(by_size, key=lambda change: datetime.fromisoformat(change.when), reverse=True)
    return sorted(latest_first, key=lambda change: not change.new)
