"""What a probe is asked, and what it answers: msgspec structs in MessagePack, each behind its length.

Whatever the driver does not tell comes with the reason, in the same types: `unread` is the answer of whom nobody can ask.
"""

from __future__ import annotations

import struct
from typing import Any, ClassVar, Generic, Self, TypeVar

import msgspec

from harness.record.measurement import CurvePoint

T = TypeVar("T")

LENGTH = struct.Struct("<I")
COUNTERS = {
    "sw_power_cap": 74,
    "sw_thermal_slowdown": 269,
    "hw_thermal_slowdown": 270,
    "power_brake_slowdown": 271,
}  # NVML_FI_DEV_CLOCKS_EVENT_REASON_…: nanoseconds since the driver was loaded


class Value(msgspec.Struct, Generic[T], frozen=True):
    """What the driver said, or why it said nothing: never a silent 0."""

    value: T | None
    source: str  # the NVML function
    status: str = "ok"


class Gpu(msgspec.Struct, frozen=True):
    """A GPU, or a MIG device: what does not change while it is measured. Fields that the driver does not tell are None, and `missing`."""

    uuid: str | None = None
    name: str | None = None
    driver: str | None = None
    cuda_driver: str | None = None
    memory_bytes: int | None = None
    mig: bool | None = None  # whether this is a part of a GPU
    power_limit_watts: float | None = None
    persistence_mode: bool | None = None  # without it the driver, and its clocks, start anew for each process
    ecc: bool | None = None
    max_sm_clock_mhz: int | None = None
    max_memory_clock_mhz: int | None = None
    missing: dict[str, str] = {}

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls(missing={field: reason for field in cls.__struct_fields__ if field != "missing"})


class ListedGpus(msgspec.Struct, frozen=True):
    uuids: tuple[str, ...] = ()
    status: str = "ok"

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls((), reason)


class State(msgspec.Struct, frozen=True):
    """What changes from second to second."""

    sm_clock_mhz: Value[int]
    memory_clock_mhz: Value[int]
    temperature_celsius: Value[int]

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls(*(Value(None, "NVML", reason) for _ in cls.__struct_fields__))


class Counters(msgspec.Struct, frozen=True):
    """For how long each of COUNTERS has held the clocks down."""

    clock_nanoseconds: int  # the machine's monotonic clock, when they were read
    nanoseconds: dict[str, Value[int]]

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls(0, {name: Value(None, "nvmlDeviceGetFieldValues", reason) for name in COUNTERS})


class Energy(msgspec.Struct, frozen=True):
    """What the whole GPU has used since the driver was loaded."""

    clock_nanoseconds: int
    millijoules: Value[int]

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls(0, Value(None, "nvmlDeviceGetTotalEnergyConsumption", reason))


class Memory(msgspec.Struct, frozen=True):
    """The device's memory right now, the driver's own reserve apart."""

    used_bytes: Value[int]
    reserved_bytes: Value[int]

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls(Value(None, "NVML", reason), Value(None, "NVML", reason))


class GpuProcess(msgspec.Struct, frozen=True):
    """A process that computes on the GPU, as the driver lists it."""

    pid: int  # in a container perhaps the host's, or 0
    name: str | None
    used_bytes: int | None  # None where the driver does not tell: on MIG devices, on Windows


class Processes(msgspec.Struct, frozen=True):
    listed: Value[tuple[GpuProcess, ...]]

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls(Value(None, "nvmlDeviceGetComputeRunningProcesses", reason))


class Peak(msgspec.Struct, frozen=True):
    """The highest use of memory among the samples of a stretch."""

    used_bytes: Value[int]
    samples: int
    widest_gap_seconds: float  # a use that lasted for less than this may have been missed

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls(Value(None, "NVML", reason), 0, 0.0)


class Curve(msgspec.Struct, frozen=True):
    points: tuple[CurvePoint, ...]
    status: str = "ok"

    @classmethod
    def unread(cls, reason: str) -> Self:
        return cls((), reason)


class Request(msgspec.Struct, frozen=True, tag=True):
    """Names the type of its answer."""

    answer: ClassVar[Any]


class Open(Request, frozen=True):
    """The first request: chooses the GPU, as CUDA would. All others are about that one."""

    answer = Gpu
    visible: str | None  # CUDA_VISIBLE_DEVICES; None where it is not set


class ListGpus(Request, frozen=True):
    """All that CUDA would show, whichever is open."""

    answer = ListedGpus
    visible: str | None


class ReadState(Request, frozen=True):
    answer = State


class ReadCounters(Request, frozen=True):
    answer = Counters


class ReadEnergy(Request, frozen=True):
    answer = Energy


class ReadMemory(Request, frozen=True):
    answer = Memory


class ListProcesses(Request, frozen=True):
    answer = Processes


class StartSampling(Request, frozen=True):
    """Reads the memory every few milliseconds from now on."""

    answer = Memory


class TakePeak(Request, frozen=True):
    """Ends a stretch of the sampling, and begins the next."""

    answer = Peak


class StopSampling(Request, frozen=True):
    """All of the sampling, thinned out. `TakePeak` comes before."""

    answer = Curve


AnyRequest = Open | ListGpus | ReadState | ReadCounters | ReadEnergy | ReadMemory | ListProcesses | StartSampling | TakePeak | StopSampling


def framed(message: msgspec.Struct) -> bytes:
    content = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(content)) + content
