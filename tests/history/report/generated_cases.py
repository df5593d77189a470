"""The cases of generated nights, as the first framework has them."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.phases import ladders
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.session.cases import case_id

MATCHED = {"execution": Execution.PLAIN, "precision": Precision.FP32}


def standard_cases() -> tuple[Case, ...]:
    """The first framework's side of each comparison."""

    def case(phase: str, workload: Workload, style: Style, batch_size: int = 32, **parts: Any) -> Case:
        return Case(
            framework="pytorch",
            phase=phase,
            workload=workload,
            style=style,
            batch_size=batch_size,
            **(MATCHED | parts if style is Style.MATCHED else parts),
        )

    matched, stock = Style.MATCHED, Style.STOCK
    return (
        case("data_pipeline", Workload.LOADING, matched, execution=None, precision=None),
        case("data_pipeline", Workload.LOADING, stock),
        case("data_pipeline", Workload.LOADING, Style.STRATEGY, strategy="sequential"),
        case("pipeline_scaling", Workload.LOADING, matched, execution=None, precision=None),
        case("end_to_end", Workload.FROZEN, matched),
        case("train_step", Workload.FROZEN, matched),
        case("train_step", Workload.FROZEN, matched, execution=Execution.COMPILED),
        case("train_step", Workload.FULL, matched),
        case("train_step", Workload.FULL, matched, precision=Precision.BF16),
        case("train_step", Workload.FROZEN, stock),
        *(case("train_step", Workload.FROZEN, Style.LADDER, rung=rung) for rung in ladders.STEP[:-1]),
        case("inference", Workload.INFERENCE, matched, 1),
        case("inference", Workload.INFERENCE, matched),
        case("inference", Workload.INFERENCE, stock, 1),
        case("inference", Workload.INFERENCE, stock),
        case("memory", Workload.FROZEN, matched),
        case("memory", Workload.FROZEN, stock),
        case("largest_batch", Workload.FROZEN, matched),
        case("fine_tuning", Workload.FROZEN, matched),
        case("fine_tuning", Workload.FROZEN, stock),
    )


def ranked_cases() -> tuple[Case, ...]:
    """Data-parallel training by one rank and several, with the same batch and with a larger one, and by another way to exchange."""
    parts = {"framework": "pytorch", "phase": "data_parallel", "workload": Workload.FULL, "style": Style.MATCHED, **MATCHED}
    one = Case(**parts, batch_size=32)
    several = [Case(**parts, batch_size=each, ranks=ranks) for ranks in (2, 4, 8) for each in (32, 32 * ranks)]
    return (one, *several, Case(**parts, batch_size=32, ranks=2, exchange="synchronized"))


def of_model(model: str, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """The same of another model."""
    return tuple(msgspec.structs.replace(case, model=model) for case in cases)


def many_cases(comparisons: int) -> tuple[Case, ...]:
    """As many as asked for, all train steps."""
    grid = (
        Case(
            framework="pytorch",
            phase="train_step",
            workload=workload,
            style=Style.MATCHED,
            batch_size=batch_size,
            execution=execution,
            precision=precision,
        )
        for batch_size in range(1, 1000)
        for workload in (Workload.FROZEN, Workload.FULL)
        for execution in Execution
        for precision in Precision
        if precision is not Precision.FP64  # never measured
    )
    return tuple(case for case, _ in zip(grid, range(comparisons), strict=False))


def node_id(case: Case) -> str:
    """Where a case is measured: strategies have a benchmark of their own in their phase's file."""
    function = "test_strategies" if case.strategy else f"test_{case.phase}"
    return f"benchmarks/test_{case.phase}.py::{function}[{case_id(case)}]"
