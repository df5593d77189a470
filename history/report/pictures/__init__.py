"""What the pictures of the newest night show: numbers and words only, drawn on the page. A kind a module."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.findings.comparison import in_order
from harness.findings.models import told_apart
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from history.records import Row
from history.report.pictures.curves import memory_curves
from history.report.pictures.efficiencies import rank_efficiencies
from history.report.pictures.exchanges import exchanges
from history.report.pictures.scalings import scalings
from history.report.pictures.sweeps import sweeps
from history.report.pictures.waterfalls import waterfalls
from history.report.pictures.ways import strategies

ATTRIBUTION = "_attribution["  # in the node ids of the benchmark that climbs the ladders


def pictures(rows: Iterable[Row]) -> list[dict[str, Any]]:
    measured = {row.fullname: row.measurement for row in rows if row.measurement is not None and row.outcome is Outcome.OK}
    everything = in_order(measured.values())
    titles = told_apart(everything)
    return [
        *waterfalls(_of_attribution(measured), titles),
        *strategies(in_order(each for node_id, each in measured.items() if ATTRIBUTION not in node_id)),
        *scalings(everything),
        *rank_efficiencies(everything, titles),
        *exchanges(everything, titles),
        *memory_curves(everything),
        *sweeps(everything),
    ]


def _of_attribution(measured: dict[str, Measurement]) -> list[Measurement]:
    """The ends of a ladder are measured by other benchmarks too: the rungs' neighbours are meant."""
    own = [each for name, each in measured.items() if ATTRIBUTION in name]
    return own or list(measured.values())
