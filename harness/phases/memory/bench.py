"""Memory: the peak of a few steps fed by their own pipeline, in a fresh process and a run of its own."""

from __future__ import annotations

from harness.worker.peaks import PeaksBench


class Bench(PeaksBench):
    """The phase is fed."""
