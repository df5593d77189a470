"""All history as one table: a row a case and run, as CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from harness.record.case import AXES, Case
from harness.record.figure import Figure, Unit
from history.report.histories import MachineHistory
from history.report.night import Side


def export(machines: list[MachineHistory], csv: Path, parquet: Path) -> None:
    table = _table(machines)
    with csv.open("wb") as csv_file, parquet.open("wb") as parquet_file:  # pyarrow opens no path that is not UTF-8
        pyarrow.csv.write_csv(table, csv_file)
        pyarrow.parquet.write_table(table, parquet_file, compression="zstd")


def _table(machines: list[MachineHistory]) -> pa.Table:
    nights = [(machine.key.title, dated) for machine in machines for dated in machine.nights]
    sides = [side for _, dated in nights for side in dated.night.sides]
    watched = [dated.night.hows[side.how].figure for _, dated in nights for side in dated.night.sides]
    of_night = np.repeat(np.arange(len(nights), dtype=np.int32), [len(dated.night.sides) for _, dated in nights])
    columns: dict[str, pa.Array] = {
        "machine": _spread(of_night, [machine for machine, _ in nights]),
        "when": _spread(of_night, [dated.when.isoformat() for _, dated in nights]),
        "commit": _spread(of_night, [dated.night.commit for _, dated in nights]),
        "branch": _spread(of_night, [dated.night.branch for _, dated in nights]),
        "file": _spread(of_night, [dated.source for _, dated in nights]),
        "case": _words([side.name for side in sides]),
        "comparison": _words([side.comparison for side in sides]),
        **_parts(sides),
        "framework": _words([side.framework for side in sides]),  # files of other suites have none
        "outcome": _words([str(side.outcome) for side in sides]),
        "disturbed": pa.array([side.disturbed for side in sides]),
        "watched": _words([figure.name for figure in watched]),
        "watched_value": pa.array([side.value for side in sides], type=pa.float64()),
        "median_seconds": _in_unit(Unit.SECONDS, watched, [side.value for side in sides]),
        "lower_quartile_seconds": _in_unit(Unit.SECONDS, watched, [side.low for side in sides]),
        "upper_quartile_seconds": _in_unit(Unit.SECONDS, watched, [side.high for side in sides]),
        "watched_bytes": _in_unit(Unit.BYTES, watched, [side.value for side in sides]),
    }
    figures = _figures(sides)
    return pa.table(columns | {name: figures[name] for name in sorted(figures) if name not in columns})


def _parts(sides: list[Side]) -> dict[str, pa.Array]:
    """Of the cases, each different one looked at once."""
    places: dict[Case | None, int] = {}
    of_side = np.array([places.setdefault(side.case, len(places)) for side in sides], dtype=np.int32)
    return {part: _spread(of_side, [_part(case, part) for case in places]) for part in AXES}


def _part(case: Case | None, part: str) -> str | None:
    value = getattr(case, part) if case else None
    return None if value is None else str(value)


def _spread(places: np.ndarray, values: list[str | None]) -> pa.Array:
    """A row's value is the one at its place. Few different ones, so that a long history stays small."""
    return pa.array(values, type=pa.string()).dictionary_encode().take(pa.array(places))


def _words(values: list[str]) -> pa.Array:
    return pa.array(values, type=pa.string()).dictionary_encode()


def _in_unit(unit: Unit, watched: list[Figure], values: list[float | None]) -> pa.Array:
    return pa.array([value if figure.unit is unit else None for figure, value in zip(watched, values, strict=True)], type=pa.float64())


def _figures(sides: list[Side]) -> dict[str, pa.Array]:
    found: dict[str, np.ndarray] = {}
    for row, side in enumerate(sides):
        for name, value in side.figures.items():
            if name not in found:
                found[name] = np.full(len(sides), np.nan)
            found[name][row] = value
    return {name: pa.array(values, from_pandas=True) for name, values in found.items()}  # NaN is null
