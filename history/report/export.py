"""All history as one table: a row a case and run, as CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from history.report.histories import MachineHistory
from history.report.night import Quantity, Side
from history.report.storage import Dated

CASE_PARTS = ("phase", "workload", "style", "rung", "execution", "precision", "batch_size", "model_format")


def export(machines: list[MachineHistory], csv: Path, parquet: Path) -> None:
    table = _table(machines)
    pyarrow.csv.write_csv(table, csv)
    pyarrow.parquet.write_table(table, parquet, compression="zstd")


def _table(machines: list[MachineHistory]) -> pa.Table:
    rows = list(_rows(machines))
    nights = [dated for _, dated, _ in rows]
    sides = [side for _, _, side in rows]
    columns: dict[str, pa.Array] = {
        "machine": _words([machine for machine, _, _ in rows]),
        "when": pa.array([dated.when.isoformat() for dated in nights]),
        "commit": _words([dated.night.commit for dated in nights]),
        "branch": _words([dated.night.branch for dated in nights]),
        "file": _words([dated.source for dated in nights]),
        "case": _words([side.name for side in sides]),
        "comparison": _words([side.comparison for side in sides]),
        "framework": _words([side.framework for side in sides]),
        **{part: _words([_part(side, part) for side in sides]) for part in CASE_PARTS},
        "outcome": _words([side.outcome for side in sides]),
        "disturbed": pa.array([side.disturbed for side in sides]),
        "median_seconds": _watched(sides, "value", Quantity.TIME),
        "lower_quartile_seconds": _watched(sides, "low", Quantity.TIME),
        "upper_quartile_seconds": _watched(sides, "high", Quantity.TIME),
        "watched_bytes": _watched(sides, "value", Quantity.MEMORY),
    }
    figures = _figures(sides)
    return pa.table(columns | {name: figures[name] for name in sorted(figures) if name not in columns})


def _rows(machines: list[MachineHistory]) -> Iterator[tuple[str, Dated, Side]]:
    for machine in machines:
        for dated in machine.nights:
            for side in dated.night.sides:
                yield machine.key.title, dated, side


def _part(side: Side, part: str) -> str | None:
    value = getattr(side.case, part) if side.case else None
    return None if value is None else str(value)


def _words(values: list[str | None]) -> pa.Array:
    """Few different ones, so that a long history stays small."""
    return pa.array(values, type=pa.string()).dictionary_encode()


def _watched(sides: list[Side], field: str, quantity: Quantity) -> pa.Array:
    return pa.array([getattr(side, field) if side.quantity is quantity else None for side in sides], type=pa.float64())


def _figures(sides: list[Side]) -> dict[str, pa.Array]:
    found: dict[str, np.ndarray] = {}
    for row, side in enumerate(sides):
        for name, value in side.figures.items():
            if name not in found:
                found[name] = np.full(len(sides), np.nan)
            found[name][row] = value
    return {name: pa.array(values, from_pandas=True) for name, values in found.items()}  # NaN is null
