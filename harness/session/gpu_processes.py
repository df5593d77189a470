"""Other people's processes on the GPU: named in a warning, or with --gpu-exclusive a reason not to begin.

Looked for before the first worker starts and after the last one has ended, so that none of those listed is the session's own. It is
this machine's GPU: of a worker elsewhere nothing is said.
"""

from __future__ import annotations

import pytest

from harness.session import gpu, options
from harness.session.cases import CASE
from harness.worker.meters.nvml.messages import GpuProcess

FOUND = pytest.StashKey[dict[int, GpuProcess]]()


class ForeignProcessWarning(pytest.PytestWarning):
    """The GPU was not this session's alone."""


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Once it is known what runs."""
    config = session.config
    if config.option.collectonly or not any(CASE in item.stash for item in session.items):
        return
    found = {each.pid: each for each in gpu.processes()}
    if found and options.of(config).gpu_exclusive:
        raise pytest.UsageError(f"--gpu-exclusive: {told(found)}. End them, or give CUDA_VISIBLE_DEVICES another GPU.")
    config.stash[FOUND] = found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if FOUND not in config.stash:
        return
    found = config.stash[FOUND] | {each.pid: each for each in gpu.processes()}
    if found:
        text = f"the GPU was not this session's alone: {told(found)}. Durations and memory are not the frameworks' alone."
        config.issue_config_time_warning(ForeignProcessWarning(text), stacklevel=2)


def told(found: dict[int, GpuProcess]) -> str:
    return f"other processes compute on it: {', '.join(map(_named, found.values()))}"


def _named(process: GpuProcess) -> str:
    memory = "memory not told" if process.used_bytes is None else f"{process.used_bytes / 2**20:,.0f} MiB"
    return f"{process.name or 'name not readable'} (pid {process.pid}, {memory})"
