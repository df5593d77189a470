"""Probes on a fake driver: their process, the bindings and the messages are the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.worker.meters.gpu import GPU
from harness.worker.meters.nvml.client import Probe
from harness.worker.meters.nvml.messages import ReadMemory
from tests.worker.nvml import fake

OpenProbe = Callable[..., Probe]
Watch = Callable[..., None]


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenProbe]:
    """`probe(script, *definitions, visible=None, …)`: a probe whose driver does what the script says."""
    opened = []

    def open_probe(script: str, *definitions: str, visible: str | None = None, answer_seconds: float = 5.0) -> Probe:
        for name, value in fake.variables(tmp_path, script, *definitions).items():
            monkeypatch.setenv(name, value)
        opened.append(Probe(visible, answer_seconds=answer_seconds))
        return opened[-1]

    yield open_probe
    for each in opened:
        each.close()


@pytest.fixture
def watch(probe: OpenProbe, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """`watch(script, …)`: makes this process a worker on that driver's GPU."""

    def on(script: str, *definitions: str, visible: str | None = None) -> None:
        opened = probe(script, *definitions, visible=visible)
        monkeypatch.setattr(GPU, "_probe", opened)
        monkeypatch.setattr(GPU, "baseline", opened.ask(ReadMemory()))

    return on
