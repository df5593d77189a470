"""Device memory over time, from samples as close as the driver allows."""

from __future__ import annotations

import time
from itertools import pairwise

from harness.record.measurement import CurvePoint
from harness.worker.meters.nvml.driver import Device
from harness.worker.meters.nvml.messages import Curve, Memory, Peak, Value

PERIOD_SECONDS = 0.010  # a reading takes about 12 µs of the driver's time
WIDE_GAP_SECONDS = 2 * PERIOD_SECONDS  # beyond it, a peak's status tells the gap
POINTS = 500  # of the curve that is kept


class Sampling:
    """Readings since it was made. A failed one is a gap, and the last one has to succeed: what came after it nobody knows."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._start_seconds = self._due_seconds = time.monotonic()
        self._points: list[CurvePoint] = []
        self._first_of_stretch = 0
        self._last_seconds = self._start_seconds  # of the last reading that succeeded
        self._widest_gap_seconds = 0.0
        self._failure: str | None = None  # of the last reading
        self.first = self.sample()

    @property
    def seconds_to_next(self) -> float:
        return max(0.0, self._due_seconds - time.monotonic())

    def sample(self) -> Memory:
        read = self._device.memory()
        now = time.monotonic()
        self._due_seconds = max(now, self._due_seconds + PERIOD_SECONDS)  # a late one is not made up for
        if read.used_bytes.value is None:
            self._failure = read.used_bytes.status
        else:
            self._failure = None
            self._points.append(CurvePoint(now - self._start_seconds, read.used_bytes.value))
            self._widest_gap_seconds = max(self._widest_gap_seconds, now - self._last_seconds)
            self._last_seconds = now
        self._source = read.used_bytes.source
        return read

    def take_peak(self) -> Peak:
        """Of the stretch since the last one was taken, a sample at its very end included."""
        self.sample()
        samples = self._points[self._first_of_stretch :]
        highest = max((point.used_bytes for point in samples), default=None)
        gap = self._widest_gap_seconds
        if self._failure is not None or highest is None:
            told = f"; the highest of {len(samples)} samples before was {highest} bytes" if highest is not None else ""
            peak = Peak(Value(None, self._source, f"{self._failure}{told}"), len(samples), time.monotonic() - self._last_seconds)
        else:
            status = (
                "ok" if gap <= WIDE_GAP_SECONDS else f"a peak shorter than {gap * 1e3:.0f} ms may hide: the widest gap between two samples"
            )
            peak = Peak(Value(highest, self._source, status), len(samples), gap)
        self._first_of_stretch, self._widest_gap_seconds, self._last_seconds = len(self._points), 0.0, time.monotonic()
        self.sample()
        return peak

    def curve(self) -> Curve:
        return Curve(thinned(self._points, POINTS))


def thinned(points: list[CurvePoint], limit: int) -> tuple[CurvePoint, ...]:
    """At most so many, in their order: the highest of each stretch of neighbours, so that no peak is lost."""
    if len(points) <= limit:
        return tuple(points)
    edges = [index * len(points) // limit for index in range(limit + 1)]
    return tuple(max(points[start:end], key=lambda point: point.used_bytes) for start, end in pairwise(edges))
