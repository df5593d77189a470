"""What the pages know of the runs: who, when, on what; and each run's figures, for two to be compared."""

from __future__ import annotations

from typing import Any

from harness.frameworks import FRAMEWORKS, rank
from history.report import words
from history.report.commits import Commits
from history.report.histories import MachineHistory, title
from history.report.links import Links
from history.report.night import Night, Quantity
from history.report.slugs import slug
from history.report.storage import Dated

RELATIVE_DIGITS = 6
PARTS = ("style", "strategy", "precision", "execution", "workload")  # of a case, by which it can be chosen


def runs(machines: list[MachineHistory], commits: Commits, links: Links) -> dict[str, Any]:
    """All runs in the order of time, machine by machine."""
    return {
        "machines": [{"slug": machine.key.slug, "title": machine.key.title, "nights": len(machine.nights)} for machine in machines],
        "figures": words.TITLES,
        "frameworks": [{"name": name, "title": listing.title} for name, listing in FRAMEWORKS.items()],
        "runs": [_run(machine, dated, commits, links) for machine in machines for dated in machine.nights],
    }


def _run(machine: MachineHistory, dated: Dated, commits: Commits, links: Links) -> dict[str, Any]:
    night = dated.night
    commit = commits.known.get(night.commit or "")
    return {
        "id": night.identity,
        "machine": machine.key.slug,
        "when": dated.when.isoformat(timespec="minutes"),
        "commit": night.commit,
        "subject": commit.subject if commit else "",
        "author": commit.author if commit else "",
        "branch": night.branch,
        "link": links.commit(night.commit),
        "file": dated.source,
        "driver": night.machine.gpu_driver,
        "experiment": night.machine.experiment,
    }


def cases(machines: list[MachineHistory], sds: dict[str, dict[tuple[str, str], float]]) -> list[dict[str, Any]]:
    """What the history page offers, in the order of the newest night's file."""
    return [
        {
            "machine": machine.key.slug,
            "slug": slug(comparison),
            "comparison": comparison,
            "frameworks": sorted(by_framework, key=rank),
            "titles": [title(framework) for framework in sorted(by_framework, key=rank)],
            **_parts(by_framework),
            "night_sd": {
                framework: round(sd, RELATIVE_DIGITS)
                for framework in by_framework
                if (sd := sds[machine.key.slug].get((comparison, framework))) is not None
            },
        }
        for machine in machines
        for comparison, by_framework in machine.comparisons.items()
    ]


def _parts(by_framework: dict[str, Any]) -> dict[str, Any]:
    case = next((history.newest.case for history in by_framework.values() if history.newest.case), None)
    if case is None:
        return {"phase": "other", **dict.fromkeys(PARTS)}
    return {"phase": case.phase, **{part: getattr(case, part) for part in PARTS}}


def figures_of_run(night: Night) -> dict[str, Any]:
    """In columns: a side each."""
    sides = night.sides
    return {
        "comparison": [side.comparison for side in sides],
        "framework": [side.framework for side in sides],
        "quantity": [side.quantity for side in sides],
        "value": [_rounded(side.value) for side in sides],
        "low": [_rounded(side.low) for side in sides],
        "high": [_rounded(side.high) for side in sides],
        "outcome": [side.outcome for side in sides],
        "disturbed": [index for index, side in enumerate(sides) if side.disturbed and side.quantity is not Quantity.NONE],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{RELATIVE_DIGITS}g}")
