"""Largest batch: the peak of a few steps at one of the sizes that are tried.

The phase is not fed, and its batch lies on the device already: a loader's buffers of thousands of images would fill the host before
the steps fill the GPU.
"""

from __future__ import annotations

from harness.worker.peaks import PeaksBench


class Bench(PeaksBench):
    """By the same meters as memory's."""
