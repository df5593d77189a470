"""A case's whole history, in columns: what the history page draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.findings.ratio import Ratio
from harness.findings.sides import ordered, title
from harness.record.outcome import Outcome
from history.gate.noise import Noise
from history.report.changes import Change
from history.report.figure_names import for_scripts
from history.report.histories import CaseHistory, MachineHistory
from history.report.marks.colours import colour, different

DIGITS = 6
REACH_95 = 1.96  # standard deviations on both sides that hold 95 %


def case_history(
    machine: MachineHistory, comparison: str, changes: list[Change], sds: dict[tuple[str, str], float], noise: Noise | None
) -> dict[str, Any]:
    by_framework = machine.comparisons[comparison]
    cases = [by_framework[framework] for framework in ordered(by_framework)]
    nights = sorted({night for case in cases for night in case.nights})
    place = {night: index for index, night in enumerate(nights)}
    return {
        "comparison": comparison,
        "machine": machine.key.slug,
        "model": machine.models.get(cases[0].model, ""),
        "runs": [machine.nights[night].night.identity for night in nights],
        "sides": [_side(case, place, sds, noise) for case in cases],
        "ratios": _ratios(machine, comparison, nights),
        "environment": _environment(machine, cases, place),
        "changes": [_change(change, place) for change in changes if change.comparison == comparison],
    }


def _side(case: CaseHistory, place: dict[int, int], sds: dict[tuple[str, str], float], noise: Noise | None) -> dict[str, Any]:
    columns: dict[str, list[float | None]] = {name: [None] * len(place) for name in ("value", "low", "high")}
    figures: dict[str, list[float | None]] = {}
    outcomes: dict[str, str] = {}
    disturbed: list[int] = []
    for night, side, value in zip(case.nights, case.sides, case.values, strict=True):
        index = place[night]
        if value is not None:
            columns["value"][index], columns["low"][index], columns["high"][index] = value, side.low, side.high
        for name, figure in side.figures.items():
            column = figures.get(name)
            if column is None:
                column = figures[name] = [None] * len(place)
            column[index] = figure
        if side.outcome is not Outcome.OK:
            outcomes[str(index)] = side.outcome
        if side.disturbed:
            disturbed.append(index)
    measured = _measured_noise(case, noise)
    sd = measured if measured is not None else sds.get((case.comparison, case.framework))
    return {
        "framework": case.framework,
        "title": title(case.framework),
        "colour": colour(case.framework),
        "name": case.newest.name,
        "watched": for_scripts(case.how.figure),
        **{name: rounded(values) for name, values in columns.items()},
        "outcomes": outcomes,
        "disturbed": disturbed,
        "figures": {name: rounded(values) for name, values in figures.items()},
        "noise": None if sd is None else {"log_reach": round(REACH_95 * sd, DIGITS), "measured": measured is not None},
    }


def _measured_noise(case: CaseHistory, noise: Noise | None) -> float | None:
    """Of one process against the next, by `history noise`."""
    return next((each.process_sd for each in noise.cases if each.case == case.newest.name), None) if noise else None


def _ratios(machine: MachineHistory, comparison: str, nights: list[int]) -> list[dict[str, Any]]:
    """A series for each side that was compared with the reference. In a night in which that was not measured another side is it."""
    found: dict[tuple[str, str], dict[int, Ratio]] = {}
    for place, night in enumerate(nights):
        for each in machine.nights[night].night.ratios.get(comparison, ()):
            found.setdefault((each.reference, each.other), {})[place] = each.ratio
    order = ordered(framework for pair in found for framework in pair)
    pairs = sorted(found, key=lambda pair: (order.index(pair[0]), order.index(pair[1])))
    colours = different(colour(other) for _, other in pairs)
    return [_ratio(*pair, found[pair], len(nights)) | {"colour": each} for pair, each in zip(pairs, colours, strict=True)]


def _ratio(reference: str, other: str, ratios: dict[int, Ratio], nights: int) -> dict[str, Any]:
    columns = {
        name: rounded([getattr(ratios[place], name) if place in ratios else None for place in range(nights)])
        for name in ("estimate", "low", "high")
    }
    return {
        "title": f"{title(reference)} / {title(other)}",
        "note": f"below 1 {title(reference)} costs less",
        **columns,
    }


def _environment(machine: MachineHistory, cases: list[CaseHistory], place: dict[int, int]) -> list[dict[str, Any]]:
    """A night each: what changed before it, of which framework where it is one's own."""
    found: dict[int, dict[str, list[str]]] = {}
    for case in cases:
        for night, text in machine.environment_changes(case):
            found.setdefault(place[night], {}).setdefault(text, []).append(case.framework)
    return [
        {
            "at": index,
            "changes": [
                {"text": text, "framework": title(frameworks[0]) if len(frameworks) == 1 and len(cases) > 1 else ""}
                for text, frameworks in texts.items()
            ],
        }
        for index, texts in sorted(found.items())
    ]


def _change(change: Change, place: dict[int, int]) -> dict[str, Any]:
    return {
        "at": place[change.night],
        "framework": change.framework,
        "word": change.word,
        "worse": change.worse,
        "share": round(change.share, DIGITS),
        "low": round(change.low, DIGITS),
        "high": round(change.high, DIGITS),
        "new": change.new,
    }


def rounded(values: list[float | None]) -> list[float | None]:
    """To `DIGITS` significant digits: a file of a thousand nights is read over a network."""
    array: npt.NDArray[np.float64] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(array))))
        short = np.where(np.isfinite(scale), np.round(array * scale) / scale, array)
    return [None if value != value else value for value in short.tolist()]
