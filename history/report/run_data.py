"""What the pages know of the runs: who, when, on what; and each run's figures, for two to be compared."""

from __future__ import annotations

from typing import Any

from harness.findings.sides import ordered, title
from harness.record.case import AXES
from harness.record.comparable import THE_MACHINE_ITSELF, name, short, told, told_of_models
from history.report.commits import Commits
from history.report.figure_names import for_scripts, named
from history.report.histories import CaseHistory, MachineHistory
from history.report.links import Links
from history.report.marks.slugs import slug
from history.report.night import OTHER_SUITES, Night

RELATIVE_DIGITS = 6
OF_A_SIDE = "framework"  # the axis in which the sides of a comparison differ
OF_A_MODEL = "model"  # the axis whose values have titles of their own


def runs(machines: list[MachineHistory], commits: Commits, links: Links) -> dict[str, Any]:
    """All runs in the order of time, machine by machine."""
    return {
        "machines": [{"slug": machine.key.slug, "title": machine.key.title, "nights": len(machine.nights)} for machine in machines],
        "figures": _figures(machines),
        "frameworks": [
            {"name": each, "title": title(each)} for each in ordered(each for machine in machines for each in machine.frameworks)
        ],
        "axes": axes(machines),
        "runs": [_run(machine, night, commits, links) for machine in machines for night in range(len(machine.nights))],
    }


def _figures(machines: list[MachineHistory]) -> dict[str, Any]:
    """How each figure is called and written that was measured in any night."""
    nights = [dated.night for machine in machines for dated in machine.nights]
    names = sorted({each for night in nights for side in night.sides for each in side.figures})
    items = sorted({item for night in nights for item in night.items})
    return {each: for_scripts(figure) for each, figure in named(names, items).items()}


def axes(machines: list[MachineHistory]) -> list[dict[str, Any]]:
    """By which cases can be chosen: those in which they differ, be it that some have a value and others none."""
    found: dict[str, dict[str | None, str]] = {axis: {} for axis in AXES}
    for by_framework in (each for machine in machines for each in machine.comparisons.values()):
        for axis, value in _parts(by_framework).items():
            found[axis][value] = (value or "").replace("_", " ")
    found[OF_A_SIDE] = {each: title(each) for machine in machines for each in machine.frameworks}
    titles = {model: said for machine in machines for model, said in machine.models.items()}
    found[OF_A_MODEL] = {each: titles.get(each or "", "") for each in found[OF_A_MODEL]}
    return [
        {
            "name": axis,
            "title": AXES[axis].title,
            "values": [{"name": value, "title": said} for value, said in values.items() if value],
        }
        for axis, values in found.items()
        if len(values) > 1
    ]


def _run(machine: MachineHistory, index: int, commits: Commits, links: Links) -> dict[str, Any]:
    dated, before = machine.nights[index], machine.run_before(index)
    night = dated.night
    commit = commits.known.get(night.commit or "")
    said = {name(field): short(field, value) for field, value in told(night.machine).items() if field not in THE_MACHINE_ITSELF}
    return {
        "id": night.identity,
        "machine": machine.key.slug,
        "before": machine.nights[before].night.identity if before is not None else "",
        "alone": machine.runs_on(dated.when.date()) == 1,  # of its day: its date names it
        "when": dated.when.isoformat(timespec="minutes"),
        "commit": night.commit,
        "subject": commit.subject if commit else "",
        "author": commit.author if commit else "",
        "branch": night.branch,
        "link": links.commit(night.commit),
        "file": dated.source,
        "models": night.models,
        "unfinished": "" if night.unfinished is None else f"unfinished: {night.unfinished.told}",
        "told": said | told_of_models(night.machine),
    }


def cases(machines: list[MachineHistory], sds: dict[str, dict[tuple[str, str], float]]) -> list[dict[str, Any]]:
    """What the history page offers, in the order of the newest night's file."""
    return [
        {
            "machine": machine.key.slug,
            "slug": slug(comparison),
            "comparison": comparison,
            "frameworks": ordered(by_framework),
            "titles": [title(framework) for framework in ordered(by_framework)],
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


def _parts(by_framework: dict[str, CaseHistory]) -> dict[str, str | None]:
    """What the sides' cases have in common, by axis."""
    case = next((history.newest.case for history in by_framework.values() if history.newest.case), None)
    shared = [axis for axis in AXES if axis != OF_A_SIDE]
    if case is None:
        return dict.fromkeys(shared) | {"phase": OTHER_SUITES}
    return {axis: None if (value := getattr(case, axis)) is None else str(value) for axis in shared}


def figures_of_run(night: Night) -> dict[str, Any]:
    """In columns: a side each."""
    sides = night.sides
    return {
        "comparison": [side.comparison for side in sides],
        "framework": [side.framework for side in sides],
        "hows": [for_scripts(how.figure) | {"name": how.figure.name, "higher_is_better": how.higher_is_better} for how in night.hows],
        "how": [side.how for side in sides],
        "value": [_rounded(side.value) for side in sides],
        "low": [_rounded(side.low) for side in sides],
        "high": [_rounded(side.high) for side in sides],
        "outcome": [side.outcome for side in sides],
        "disturbed": [index for index, side in enumerate(sides) if side.disturbed and side.value is not None],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{RELATIVE_DIGITS}g}")
