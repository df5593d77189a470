"""A GPU that is not to be had: with --require-gpu a reason not to begin; named in a warning where there should be one.

A run on the CPU is what a machine without a GPU is given, and it is green: on a GPU runner whose driver is in disorder nobody would see
that its figures are another machine's.
"""

from __future__ import annotations

import os

import pytest

from harness.frameworks import FRAMEWORKS
from harness.session import gpu, options, recording
from harness.session.cases import CASE

HIDDEN = ("", "-1")  # CUDA_VISIBLE_DEVICES of somebody who wants the CPU
MEND = "Run nvidia-smi there: it has to list the GPU. In a container start it anew, with --gpus all"


class GpuNotOpenedWarning(pytest.PytestWarning):
    """This machine has an NVIDIA GPU or driver, and is measured without."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Once it is known what runs. The GPU of this machine is looked for, of a worker elsewhere its framework tells."""
    config = session.config
    chosen = options.of(config)
    if config.option.collectonly or not any(CASE in item.stash for item in session.items):
        return
    why = gpu.why_none() if any(map(options.on_this_machine, chosen.workers.values())) else None
    if why is None:
        return
    if chosen.require_gpu:
        raise pytest.UsageError(f"--require-gpu: no GPU can be opened ({why}). {MEND}.")
    found = gpu.traces()
    if found and os.environ.get("CUDA_VISIBLE_DEVICES") not in HIDDEN:
        text = f"{found[0]} is there, but no GPU can be opened ({why}): the CPU is measured. {MEND}. --require-gpu ends such a run at once."
        config.issue_config_time_warning(GpuNotOpenedWarning(text), stacklevel=2)


def check_workers(config: pytest.Config) -> None:
    """Ends the session over a measurement of a framework that came up without a GPU: one that is resumed was made before."""
    for each in config.stash[recording.KEY].values():
        check(config, each.case.framework, each.environment)


def check(config: pytest.Config, framework: str, environment: dict[str, str]) -> None:
    """Ends the session over a framework that has come up without a GPU, as one of a build for the CPU does beside the best of drivers.

    Of a machine elsewhere nobody has asked the driver.
    """
    chosen = options.of(config)
    if not chosen.require_gpu or environment.get("device") != "cpu":
        return
    title, host = FRAMEWORKS[framework].title, environment.get("host", "its machine")
    build = f"{environment.get('framework', title)}, CUDA {environment.get('cuda', 'unknown')}"
    give = "Give" if options.on_this_machine(chosen.workers[framework]) else f"{MEND}. Where it does, give"
    pytest.exit(
        f"--require-gpu: {title} sees no GPU on {host} ({build}). {give} its worker an interpreter with its GPU build (--worker)",
        returncode=pytest.ExitCode.USAGE_ERROR,
    )
