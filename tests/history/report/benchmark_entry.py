"""An entry of pytest-benchmark's JSON, with a measurement of ours in it."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from harness.findings.comparison import title_of
from harness.record.case import Case
from harness.record.measurement import Measurement


def benchmark(name: str, case: Case, measurement: Measurement) -> dict[str, Any]:
    seconds = np.array(measurement.step_seconds)
    low, median, high = np.percentile(seconds, (25, 50, 75))
    return {
        "group": title_of(case),
        "name": name.rpartition("::")[2],
        "fullname": name,
        "params": {key: str(value) for key, value in msgspec.to_builtins(case).items() if value is not None},
        "param": name.partition("[")[2].removesuffix("]"),
        "extra_info": {"measurement": msgspec.to_builtins(measurement)},
        "options": {
            "disable_gc": False,
            "timer": "replayed_from_the_worker",
            "min_rounds": 10,
            "max_time": 10,
            "min_time": 5e-6,
            "warmup": False,
        },
        "stats": {
            "min": float(seconds.min()),
            "max": float(seconds.max()),
            "mean": float(seconds.mean()),
            "stddev": float(seconds.std(ddof=1)),
            "rounds": len(seconds),
            "median": float(median),
            "iqr": float(high - low),
            "q1": float(low),
            "q3": float(high),
            "iqr_outliers": 0,
            "stddev_outliers": 0,
            "outliers": "0;0",
            "ld15iqr": float(seconds.min()),
            "hd15iqr": float(seconds.max()),
            "ops": float(1 / seconds.mean()),
            "total": float(seconds.sum()),
            "iterations": 1,
            "data": seconds.tolist(),
        },
    }
