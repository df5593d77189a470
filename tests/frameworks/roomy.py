"""Loader workers in a /dev/shm of another size, as containers have it. Runs in PyTorch's interpreter, in a mount namespace of its own."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path
from typing import Any

from fixtures.corpora import CLASSES
from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.contract import Setup
from harness.frameworks.errors import SharedMemoryError
from harness.frameworks.pytorch import device, framework, shared_memory
from harness.frameworks.pytorch.strategies import IN_PROCESSES
from harness.phases.setups import setup_of
from harness.record.case import Case, Style, Workload
from harness.record.outcome import Unsupported

CLONE_NEWNS = 0x20000
STEPS = 8
BATCH_BYTES = 32 * 3 * 224 * 224 * 4


def setup(strategy: str, corpus: str) -> Setup:
    """The batches of the report: 18 MiB of float32."""
    case = Case(
        framework="pytorch", phase="data_pipeline", workload=Workload.LOADING, style=Style.STRATEGY, batch_size=32, strategy=strategy
    )
    experiment = Experiment(name="test", image_size=224, shuffle_buffer=40)
    return setup_of(case, experiment, model=find(DEFAULT), corpus=corpus, classes=CLASSES, threads=2)


def taken(strategy: str, corpus: str, taken_by_others: int = 0) -> str:
    """What ended its steps; "" where nothing did. taken_by_others: bytes, once the first batch is there."""
    chosen = setup(strategy, corpus)
    try:
        device.open_device(chosen)
        pipeline = framework.pipeline(chosen)
    except (SharedMemoryError, Unsupported) as error:
        return f"{type(error).__name__}: {error}"
    try:
        for number in range(STEPS):
            pipeline.step()
            if number == 0 and taken_by_others:
                Path("/dev/shm/others").write_bytes(bytes(taken_by_others))
    except SharedMemoryError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        pipeline.close()
        Path("/dev/shm/others").unlink(missing_ok=True)
    return ""


def named(error: Exception) -> str:
    """What becomes of an error within a pipeline's step."""
    try:
        with shared_memory.want_named():
            raise error
    except Exception as raised:
        return f"{type(raised).__name__}: {raised}"


def without_a_place() -> str:
    place, shared_memory.PLACE = shared_memory.PLACE, Path("/nowhere")
    try:
        shared_memory.expect_room(setup("workers", ""), 2, 2, 4)
    except SharedMemoryError as error:
        return str(error)
    finally:
        shared_memory.PLACE = place
    return ""


def everything(corpus: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "no place": without_a_place(),
        "bus": named(RuntimeError("DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that workers are out of …")),
        "other": named(RuntimeError("shapes differ")),
    }
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        return found | {"no namespace": os.strerror(ctypes.get_errno())}
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    mount("tmpfs", "8m")
    found["8m"] = {strategy: taken(strategy, corpus) for strategy in sorted(IN_PROCESSES)}
    mount("remount", "64m")
    found["64m"] = {strategy: taken(strategy, corpus) for strategy in ("workers", "one_worker", "uint8_v2_batches")}
    found["taken meanwhile"] = taken("one_worker", corpus, 64 * 2**20 - 2 * BATCH_BYTES)
    mount("remount", "0")
    found["no limit"] = taken("one_worker", corpus)
    return found


def mount(how: str, size: str) -> None:
    options = ["-o", f"remount,size={size}"] if how == "remount" else ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]
    subprocess.run(["mount", *options, "/dev/shm"], check=True)
