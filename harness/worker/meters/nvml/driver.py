"""NVML's calls, one GPU's, each ending in a value or in the reason for its absence.

Old drivers lack functions, MIG devices and containers refuse some: every call stands alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psutil
import pynvml

from harness.worker.meters.nvml.messages import COUNTERS, Counters, Energy, Gpu, GpuProcess, Memory, Processes, State, Value
from harness.worker.meters.nvml.visible import Listed, chosen

CLOCKS = {"sm": pynvml.NVML_CLOCK_SM, "memory": pynvml.NVML_CLOCK_MEM}


def told(function: str, *arguments: Any) -> Value[Any]:
    """What a function of the bindings returns."""
    try:
        return Value(getattr(pynvml, function)(*arguments), function)
    except pynvml.NVMLError as error:
        return Value(None, function, f"{error} ({function})")


def first_told(*calls: tuple[Any, ...]) -> Value[Any]:
    """Of functions in the order of preference, the first that the driver has; the reason is the first one's."""
    answers = []
    for call in calls:
        answers.append(told(*call))
        if answers[-1].value is not None:
            return answers[-1]
    return answers[0]


def as_value(value: Value[Any], convert: Callable[[Any], Any]) -> Value[Any]:
    return value if value.value is None else Value(convert(value.value), value.source, value.status)


class Device:
    """The GPU, or the MIG device, that CUDA_VISIBLE_DEVICES leaves a framework."""

    def __init__(self, visible: str | None) -> None:
        """Raises NotVisible, and pynvml.NVMLError where the driver cannot be had."""
        pynvml.nvmlInit()
        self._uuid = chosen(visible, listed())
        self._handle = pynvml.nvmlDeviceGetHandleByUUID(self._uuid)

    def gpu(self) -> Gpu:
        values: dict[str, Value[Any]] = {
            "uuid": Value(self._uuid, "nvmlDeviceGetUUID"),
            "name": self._told("GetName"),
            "driver": told("nvmlSystemGetDriverVersion"),
            "cuda_driver": as_value(told("nvmlSystemGetCudaDriverVersion_v2"), lambda cuda: f"{cuda // 1000}.{cuda % 1000 // 10}"),
            "memory_bytes": as_value(self._memory_info(), lambda memory: memory.total),
            "mig": as_value(self._told("IsMigDeviceHandle"), lambda is_mig: bool(is_mig.value)),
            "power_limit_watts": as_value(self._told("GetEnforcedPowerLimit"), lambda milliwatts: milliwatts / 1e3),
            "persistence_mode": as_value(self._told("GetPersistenceMode"), bool),
            "ecc": as_value(self._told("GetEccMode"), lambda modes: bool(modes[0])),
            "max_sm_clock_mhz": self._told("GetMaxClockInfo", CLOCKS["sm"]),
            "max_memory_clock_mhz": self._told("GetMaxClockInfo", CLOCKS["memory"]),
        }
        missing = {field: value.status for field, value in values.items() if value.value is None}
        return Gpu(**{field: value.value for field, value in values.items()}, missing=missing)

    def state(self) -> State:
        sensor = pynvml.NVML_TEMPERATURE_GPU
        return State(
            sm_clock_mhz=self._told("GetClockInfo", CLOCKS["sm"]),
            memory_clock_mhz=self._told("GetClockInfo", CLOCKS["memory"]),
            # The second is deprecated, and all that old drivers have.
            temperature_celsius=first_told(
                ("nvmlDeviceGetTemperatureV", self._handle, sensor), ("nvmlDeviceGetTemperature", self._handle, sensor)
            ),
        )

    def counters(self) -> Counters:
        read = self._told("GetFieldValues", list(COUNTERS.values()))
        now = time.monotonic_ns()
        if read.value is None:
            return Counters(now, dict.fromkeys(COUNTERS, read))
        return Counters(now, {name: _field(field) for name, field in zip(COUNTERS, read.value, strict=True)})

    def energy(self) -> Energy:
        read = self._told("GetTotalEnergyConsumption")
        return Energy(time.monotonic_ns(), read)

    def memory(self) -> Memory:
        info = self._memory_info()
        if info.value is None:
            return Memory(info, info)
        if not hasattr(info.value, "reserved"):
            used = Value(info.value.used, f"{info.source} (the driver's reserve counted in)")
            return Memory(used, Value(None, info.source, "this driver does not tell its reserve apart"))
        return Memory(Value(info.value.used, info.source), Value(info.value.reserved, info.source))

    def processes(self) -> Processes:
        listed = first_told(*((f"nvmlDeviceGetComputeRunningProcesses_v{version}", self._handle) for version in (3, 2)))
        return Processes(as_value(listed, lambda processes: tuple(map(_process, processes))))

    def _memory_info(self) -> Value[Any]:
        """By the second version of the call, whose `used` leaves the driver's reserve out; old drivers have the first alone."""
        newer = told("nvmlDeviceGetMemoryInfo", self._handle, pynvml.nvmlMemory_v2)
        if newer.value is not None:
            return Value(newer.value, "NVML MemoryInfo v2")
        older = told("nvmlDeviceGetMemoryInfo", self._handle)
        return newer if older.value is None else Value(older.value, "NVML MemoryInfo v1")

    def _told(self, function: str, *arguments: Any) -> Value[Any]:
        return told(f"nvmlDevice{function}", self._handle, *arguments)


def listed() -> list[Listed]:
    """All GPUs, in the order of their PCI bus ids. One that does not tell its UUID keeps its place in the order."""
    found = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        handle = told("nvmlDeviceGetHandleByIndex", index).value
        uuid = told("nvmlDeviceGetUUID", handle).value if handle is not None else None
        found.append(Listed(uuid or "", tuple(_mig_uuids(handle)) if handle is not None else ()))
    return found


def _mig_uuids(handle: Any) -> list[str]:
    mode = told("nvmlDeviceGetMigMode", handle).value
    if mode is None or mode[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return []
    places = told("nvmlDeviceGetMaxMigDeviceCount", handle).value or 0
    parts = [told("nvmlDeviceGetMigDeviceHandleByIndex", handle, place).value for place in range(places)]  # a place may be empty
    uuids = [told("nvmlDeviceGetUUID", part).value for part in parts if part is not None]
    return [uuid for uuid in uuids if uuid is not None]


def _field(field: Any) -> Value[int]:
    """Each field has a return code of its own, and its type: these are counts of nanoseconds."""
    source = f"NVML field {field.fieldId}"
    if field.nvmlReturn != pynvml.NVML_SUCCESS:
        return Value(None, source, f"{pynvml.NVMLError(field.nvmlReturn)} ({source})")
    return Value(field.value.ullVal, source)


def _process(listed: Any) -> GpuProcess:
    try:
        name = psutil.Process(listed.pid).name() if listed.pid else None
    except psutil.Error:
        name = None
    return GpuProcess(listed.pid, name, listed.usedGpuMemory)
