"""The five metrics: who is called ahead, and when nobody is."""

from __future__ import annotations

import numpy as np

from harness.record.case import Case, Style, Workload
from harness.record.measurement import Epoch, Measurement, Reading
from harness.record.outcome import Outcome
from history.report.five_metrics import Row, tables
from history.report.verdicts import NO_DIFFERENCE, NOT_MEASURED, Ahead


def job(framework: str, seconds: float, loss: float, accuracy: float, peak_bytes: int, style: Style = Style.STOCK) -> Measurement:
    case = Case(framework=framework, phase="fine_tuning", workload=Workload.FROZEN, style=style, batch_size=32)
    wobble = np.random.default_rng(1).normal(1, 0.005, 8)
    epochs = tuple(Epoch(seconds * each, seconds / 4 * each, 1.0, loss, accuracy, 1020, 1020) for each in wobble)
    readings = (Reading("host_with_children_bytes", peak_bytes, "smaps"),)
    figures = {"validation_loss_deviation": 0.5}
    return Measurement(case=case, outcome=Outcome.OK, epochs=epochs, readings=readings, figures=figures)


def rows(*measurements: Measurement) -> dict[str, Row]:
    stock = next(table for table in tables(measurements) if table.style == "stock")
    return {row.metric: row for row in stock.rows}


def test_a_clear_winner_in_each() -> None:
    found = rows(job("pytorch", 10.0, 0.9, 0.70, 2 * 10**9), job("tensorflow", 14.0, 1.2, 0.60, 3 * 10**9))
    assert list(found) == ["validation loss", "validation accuracy", "training time", "inference latency", "memory"]
    assert {row.verdict.ahead for row in found.values()} == {Ahead.FIRST}
    assert found["training time"].verdict.text == "PyTorch 1.40× faster"
    assert found["memory"].verdict.interval == "one run"
    assert found["validation accuracy"].verdict.ratio == "+10.0%"


def test_nobody_ahead() -> None:
    found = rows(job("pytorch", 10.0, 0.90, 0.70, 2 * 10**9), job("tensorflow", 10.05, 0.91, 0.71, 2 * 10**9))
    assert {row.verdict.text for row in found.values()} == {NO_DIFFERENCE}


def test_what_was_not_measured_says_so() -> None:
    assert {row.verdict.text for row in rows().values()} == {NOT_MEASURED}
    assert {row.verdict.text for row in rows(job("pytorch", 10.0, 0.9, 0.7, 1)).values()} == {NOT_MEASURED}  # one side alone


def test_styles_do_not_mix() -> None:
    found = rows(job("pytorch", 10.0, 0.9, 0.7, 1), job("tensorflow", 10.0, 0.9, 0.7, 1, style=Style.MATCHED))
    assert {row.verdict.text for row in found.values()} == {NOT_MEASURED}
