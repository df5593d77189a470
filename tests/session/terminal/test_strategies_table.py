"""The table of a framework's ways to load, the fastest first."""

from __future__ import annotations

import msgspec

from harness.record.measurement import ColdStart, Measurement
from harness.session.terminal.strategies_table import strategies_table
from tests.findings.test_lead import way
from tests.session.terminal.printed import printed, row


def cold(measurement: Measurement) -> Measurement:
    """The same, with the cold start that a measured case has."""
    return msgspec.structs.replace(
        measurement, cold_start=ColdStart(0.0, 0.1, 1, 0.2), figures=measurement.figures | {"restart_seconds": 0.1}
    )


def test_the_table_has_a_row_for_each_way() -> None:
    table = strategies_table("tensorflow", [cold(way("tensorflow", 0.4, "sequential")), cold(way("tensorflow", 0.6))])
    assert list(table.columns[0].cells) == ["tuned", "sequential"]
    assert [f"{cell}" for cell in table.columns[2].cells] == ["60%", "40%"]
    assert [table.columns[place].header for place in (1, 2, 3)] == ["images/s", "of the limit", "95% interval"]
    assert "nothing in parallel" in row(printed(table), "sequential")[-1]


def test_a_share_that_is_not_called_says_why_and_has_no_interval() -> None:
    table = strategies_table("tensorflow", [cold(way("tensorflow", 0.6, turns=2))])
    assert [list(table.columns[place].cells) for place in (2, 3)] == [["too few turns"], [""]]


def test_a_way_without_a_limit_has_its_row() -> None:
    alone = msgspec.structs.replace(cold(way("tensorflow", 0.6)), references={})
    assert list(strategies_table("tensorflow", [alone]).columns[0].cells) == ["tuned"]
