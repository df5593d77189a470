"""Device memory over the memory phase, as the driver counts it: the CUDA context and all that an allocator holds, used or not."""

from __future__ import annotations

import os

from harness.record.measurement import CurvePoint, Reading
from harness.worker.meters.gpu import GPU
from harness.worker.meters.nvml.curve import PERIOD_SECONDS
from harness.worker.meters.nvml.messages import Curve, ListProcesses, Peak, Processes, StartSampling, StopSampling, TakePeak, Value


class DeviceMemory:
    """Samples from its making on. Peaks are what is in use above the baseline, which was read before the framework opened the device."""

    def __init__(self, allocation: str) -> None:
        """allocation: how the framework takes memory from the device, in a few words."""
        self._allocation = allocation
        GPU.ask(StartSampling())
        self._widest_gap_seconds = 0.0

    def at_start(self) -> tuple[Reading, ...]:
        return (
            _reading("device_baseline_bytes", GPU.baseline.used_bytes),
            _reading("device_reserved_bytes", GPU.baseline.reserved_bytes),
            process("process_baseline_bytes"),
        )

    def peak(self) -> Reading:
        """Of the stretch since the last one."""
        taken: Peak = GPU.ask(TakePeak())
        self._widest_gap_seconds = max(self._widest_gap_seconds, taken.widest_gap_seconds)
        return _above(GPU.baseline.used_bytes, taken.used_bytes, self._allocation)

    def stop(self) -> tuple[CurvePoint, ...]:
        curve: Curve = GPU.ask(StopSampling())
        return curve.points

    def figures(self) -> dict[str, float]:
        return {"widest_sampling_gap_seconds": self._widest_gap_seconds} if self._widest_gap_seconds else {}


def process(name: str) -> Reading:
    """What this process holds, by the driver's list of those that compute."""
    found: Processes = GPU.ask(ListProcesses())
    listed, source = found.listed.value, found.listed.source
    if listed is None:
        return Reading(name, None, source, found.listed.status)
    own = next((each for each in listed if each.pid == os.getpid()), None)
    if own is None:
        why = "it holds nothing there yet, or goes by another PID (container)"
        return Reading(name, None, source, f"not among the {len(listed)} processes that the driver lists: {why}")
    if not own.used_bytes:
        return Reading(name, None, source, "the driver lists this process without its memory (MIG, container)")
    return Reading(name, own.used_bytes, source)


def _above(baseline: Value[int], peak: Value[int], allocation: str) -> Reading:
    name, source = "device_peak_bytes", f"{peak.source} every {PERIOD_SECONDS * 1e3:.0f} ms, above the baseline; {allocation}"
    if peak.value is None or baseline.value is None:
        return Reading(name, None, source, peak.status if peak.value is None else f"no baseline: {baseline.status}")
    if peak.value < baseline.value:
        return Reading(name, None, source, "less than the baseline: another process has freed memory meanwhile")
    return Reading(name, peak.value - baseline.value, source, peak.status)


def _reading(name: str, value: Value[int]) -> Reading:
    return Reading(name, value.value, value.source, value.status)
