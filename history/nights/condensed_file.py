"""A night's file without its rounds: still pytest-benchmark's JSON, and read to the same figures.

Left out are each round's own durations, beside pytest-benchmark's statistics and in the measurements, those of what was measured beside
them (the limit, loader and step alone), and the curve of the device's memory. All that the page, trends and exports have is told of them
first, and kept as it was told.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from harness.findings.benchmark_json import BENCHMARKS, FIELD, UNMEASURED
from history.packing import unpacked
from history.records import TO_SHOW, Condensed, parse
from history.report.condensing import condensed
from history.report.night import Night, Side

CONDENSED = "condensed"  # at the top of the file, beside each measurement, and below `extra_info`
LEFT_OUT = ("rounds", "references", "memory_curve")  # of a measurement
DURATIONS = "data"  # of pytest-benchmark's statistics


def condensed_file(path: Path, content: bytes) -> bytes:
    """Not packed. Raises BadInput."""
    run = parse(path, content, TO_SHOW)
    if run.condensed:
        return unpacked(content)
    document = json.loads(unpacked(content))
    kept = _kept(condensed(run))
    for entry in document[BENCHMARKS]:
        entry["stats"].pop(DURATIONS, None)
        _condense(entry.setdefault("extra_info", {}), *kept[entry["fullname"]])
    for entry in document.get(UNMEASURED, []):
        _condense(entry, *kept[entry["fullname"]])
    document[CONDENSED] = {"identity": run.identity, "left_out": [f"stats.{DURATIONS}", *(f"{FIELD}.{name}" for name in LEFT_OUT)]}
    return json.dumps(document, separators=(",", ":")).encode()


def _kept(night: Night) -> dict[str, tuple[Condensed, dict[str, float]]]:
    """By node id, with all the figures."""
    ratios = {(comparison, each.other): each for comparison, found in night.ratios.items() for each in found}

    def of(side: Side) -> Condensed:
        compared = ratios.get((side.comparison, side.framework))
        told = Condensed(side.value, side.low, side.high, side.disturbed)
        return msgspec.structs.replace(told, reference=compared.reference, ratio=compared.ratio) if compared else told

    return {side.name: (of(side), side.figures) for side in night.sides}


def _condense(place: dict[str, Any], told: Condensed, figures: dict[str, float]) -> None:
    """place: what holds the measurement, if it is one of this suite's."""
    place[CONDENSED] = msgspec.to_builtins(told)
    measurement = place.get(FIELD)
    if measurement is not None:
        place[FIELD] = {name: value for name, value in measurement.items() if name not in LEFT_OUT} | {"figures": figures}
