"""The main job with both real frameworks, on an experiment small enough for a test."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from harness.record.measurement import Measurement
from tests.frameworks.conftest import interpreter
from tests.session.conftest import LIGHT
from tests.session.conftest import measurements as measurements_in

PROJECT = Path(__file__).parents[1]
EXPERIMENT = {"batch_size": 4, "image_size": 64}
QUICK = ("--budget=none", "--benchmark-max-time=0.5", "--benchmark-min-rounds=5", "--benchmark-precision=0.2", *LIGHT)
WORKERS = [f"--worker={framework}=popen//python={interpreter(framework)}" for framework in ("pytorch", "tensorflow")]
# OpenMP's threads spin while they wait, in a `stock` worker: a core that another test computes on, where there are others.
BESIDE_OTHERS = [f"{each}//env:OMP_WAIT_POLICY=PASSIVE" for each in WORKERS]


def command(folder: Path, *arguments: str, experiment: dict[str, Any] = EXPERIMENT) -> list[str]:
    (folder / "small.json").write_text(json.dumps(experiment))
    own = [f"--benchmark-json={folder / 'out.json'}", f"--benchmark-storage={folder / 'storage'}", f"--experiment={folder / 'small.json'}"]
    return [sys.executable, "-m", "pytest", "benchmarks", *QUICK, *WORKERS, *own, *arguments]


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Measurement]]:
    """The JSON, and its measurements by case id."""
    report = json.loads((folder / "out.json").read_text())
    return report, measurements_in(report)
