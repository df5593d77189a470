"""Files as pytest-benchmark writes them, with and without this suite's measurements: what the tests read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.measurement import SCHEMA_VERSION, Measurement, Reading
from harness.record.outcome import Outcome
from harness.record.round import Round

MACHINE_INFO: dict[str, Any] = {
    "cpu": {"brand_raw": "Testor 9000", "count": 16},
    "gpu": {"name": "Accelerator X1", "driver": "999.1"},
    "suite": {
        "schema_version": SCHEMA_VERSION,
        "experiment": "exp",
        "experiment_sha256": "e",
        "job_experiment_sha256": "je",
        "corpus_sha256": "c",
        "weights_sha256": "w",
        "job_weights_sha256": "jw",
    },
}
ENVIRONMENT = {"framework": "torch 2.14.1", "device": "cuda:0", "device_name": "Accelerator X1", "host": "here"}


def name(index: int) -> str:
    return f"benchmarks/test_train_step.py::test_train_step[case{index}]"


def plain(fullname: str, step_seconds: Sequence[float]) -> dict[str, Any]:
    """A benchmark of a suite that is not ours."""
    return {"fullname": fullname, "name": fullname, "group": None, "params": None, "stats": {"data": list(step_seconds)}, "extra_info": {}}


def measured(fullname: str, step_seconds: Sequence[float], **changes: Any) -> dict[str, Any]:
    """A benchmark of ours. `changes`: fields of its measurement."""
    rounds = tuple(Round(seconds, seconds, 0.0, 0) for seconds in step_seconds)
    return plain(fullname, step_seconds) | {"extra_info": {"measurement": measurement(rounds=rounds, **changes)}}


def unmeasured(fullname: str, outcome: Outcome, detail: str = "") -> dict[str, Any]:
    return {"fullname": fullname, "measurement": measurement(outcome=outcome, detail=detail)}


def measurement(phase: str = "train_step", peak_bytes: int | None = None, **changes: Any) -> dict[str, Any]:
    case = Case(
        framework="pytorch",
        phase=phase,
        workload=Workload.FROZEN,
        style=Style.MATCHED,
        batch_size=8,
        execution=Execution.PLAIN,
        precision=Precision.FP32,
    )
    readings = () if peak_bytes is None else (Reading("allocator_peak_bytes", peak_bytes, "torch.cuda.max_memory_allocated"),)
    fields: dict[str, Any] = {"case": case, "outcome": Outcome.OK, "readings": readings, "environment": ENVIRONMENT} | changes
    return dict(msgspec.to_builtins(Measurement(**fields)))


def write(
    path: Path,
    benchmarks: Iterable[Mapping[str, Any]],
    unmeasured: Iterable[Mapping[str, Any]] = (),
    machine_info: Mapping[str, Any] = MACHINE_INFO,
    unfinished: tuple[int, int] | None = None,
) -> Path:
    """unfinished: how many cases were measured, of how many, where the session ended early."""
    content = {
        "machine_info": machine_info,
        "commit_info": {"id": "0" * 40},
        "datetime": "2026-11-24T12:00:00+00:00",
        "version": "5.3.1",
        "benchmarks": list(benchmarks),
        "unmeasured": list(unmeasured),
    }
    if unfinished is not None:
        content["unfinished"] = {"measured": unfinished[0], "cases": unfinished[1], "pieces": []}
    path.write_text(json.dumps(content))
    return path
