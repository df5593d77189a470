"""The device and the process-wide settings: threads, precision, autotune; the fence; the allocator's peaks."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import msgspec
import torch
from msgspec.structs import replace

from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import build_tools, strategies
from harness.record.case import Execution, Precision
from harness.record.fairness import ON_A_GPU, Source
from harness.record.measurement import Reading
from harness.record.outcome import Unsupported

AMPERE = (8, 0)  # compute capability: the first with TensorFloat-32 and bfloat16 in its tensor cores
ONE_PLAN = "1"  # of cuDNN's for a convolution: the heuristic's first choice, nothing else is tried


class Settings(msgspec.Struct, frozen=True):
    """What is set for the whole process.

    Autotune is off by habit, and where it is neutral: cuDNN's heuristic chooses a convolution's plan, the first of mode B in both
    frameworks. It is the one bound that both have. With autotune PyTorch tries the first `benchmark_limit` plans, or all, of the instant
    mode and of the fallbacks (`get_plans_from_find` in `aten/src/ATen/native/cudnn/Conv_v8.cpp`; pytorch#77002, #91032); TensorFlow tries
    others, without a limit.
    """

    intra_op_threads: int
    inter_op_threads: int
    tf32_matmul: bool
    tf32_convolution: bool
    autotune: bool
    fused_attention: bool  # whether attention layers may be one kernel in inference

    @classmethod
    def present(cls) -> Settings:
        return cls(
            intra_op_threads=torch.get_num_threads(),
            inter_op_threads=torch.get_num_interop_threads(),
            tf32_matmul=torch.backends.cuda.matmul.allow_tf32,
            tf32_convolution=torch.backends.cudnn.allow_tf32,
            autotune=torch.backends.cudnn.benchmark,
            fused_attention=torch.backends.mha.get_fastpath_enabled(),
        )

    def apply(self) -> None:
        """Raises RuntimeError where the inter-op pool has already started with another number of threads."""
        torch.set_num_threads(self.intra_op_threads)  # also where this thread has it: a loader's set one for threads that start later
        if self.inter_op_threads != torch.get_num_interop_threads():
            try:
                torch.set_num_interop_threads(self.inter_op_threads)
            except RuntimeError as error:
                raise RuntimeError(f"{error} It runs with {self.present()}, the case wants {self}: give it a fresh process") from error
        # The older switches: they work in every version, and mixing them with `fp32_precision` raises (pytorch#166387).
        torch.backends.cuda.matmul.allow_tf32 = self.tf32_matmul
        torch.backends.cudnn.allow_tf32 = self.tf32_convolution
        torch.backends.cudnn.benchmark = self.autotune
        torch.backends.mha.set_fastpath_enabled(self.fused_attention)


DEFAULT = Settings.present()


def open_device(setup: Setup) -> str:
    device = name()
    precision = setup.case.precision
    if precision is Precision.TF32 and device == "cpu":
        raise Unsupported("tf32 needs an NVIDIA GPU of Ampere or newer; PyTorch sees none")
    if precision in (Precision.TF32, Precision.BF16) and device != "cpu" and torch.cuda.get_device_capability(device) < AMPERE:
        raise Unsupported(f"{precision} needs an NVIDIA GPU of Ampere or newer; this is {torch.cuda.get_device_name(device)}")
    if setup.case.rung in ON_A_GPU and device == "cpu":
        raise Unsupported(f"{setup.case.rung}: without a GPU both frameworks' habits are the neutral setting")
    if setup.case.execution is Execution.COMPILED:
        build_tools.check(device)
    settings(setup).apply()
    strategies.prepare(setup)
    return device


def settings(setup: Setup) -> Settings:
    neutral, found = setup.neutral, DEFAULT
    if Source.THREADS in neutral:
        found = replace(found, intra_op_threads=setup.threads, inter_op_threads=setup.threads)
    if Source.TF32 in neutral:
        tf32 = setup.case.precision is Precision.TF32
        found = replace(found, tf32_matmul=tf32, tf32_convolution=tf32)
    if Source.AUTOTUNE in neutral:
        found = replace(found, autotune=False)
    if setup.case.precision is Precision.BF16:  # on a GPU torch sees to it by itself; on a CPU that kernel is given both types, and raises
        found = replace(found, fused_attention=False)
    return found


def sees_gpu() -> bool:
    return bool(torch.cuda.is_available())


def name() -> str:
    return "cuda:0" if sees_gpu() else "cpu"


def autotunes(setup: Setup) -> bool:  # noqa: ARG001 - compiled or not: torch.compile leaves convolutions to cuDNN
    return sees_gpu() and bool(torch.backends.cudnn.benchmark)


def arithmetic(setup: Setup) -> Any:
    """The context of a forward pass: bfloat16 where the case says so, the weights staying float32."""
    if setup.case.precision is Precision.BF16:
        return torch.autocast(name().partition(":")[0], torch.bfloat16)
    return contextlib.nullcontext()


@contextlib.contextmanager
def cold_compiler() -> Iterator[None]:
    """While it lasts torch.compile finds nothing compiled before, in memory or on disk: a cold start is cold.

    Recurrent layers are in the graph too: by itself it leaves them out, and then there is no whole one.
    """
    from torch._dynamo import config  # here: who compiles nothing has no use for it
    from torch._inductor.utils import fresh_inductor_cache

    torch._dynamo.reset()
    with config.patch(allow_rnn=True), fresh_inductor_cache():
        yield


def fence() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class EventStopwatch:
    """One pair of CUDA events, recorded anew each time: a microsecond or two of the host's, which the wall clock sees too."""

    def __init__(self) -> None:
        self._first = torch.cuda.Event(enable_timing=True)
        self._last = torch.cuda.Event(enable_timing=True)

    def start(self) -> None:
        self._first.record()

    def stop(self) -> None:
        self._last.record()

    def seconds(self) -> float:
        return float(self._first.elapsed_time(self._last)) / 1e3


def stopwatch() -> EventStopwatch | None:
    return EventStopwatch() if torch.cuda.is_available() else None


def allocation() -> str:
    return "PyTorch's caching allocator grows and gives nothing back"


def reset_peak_memory() -> None:
    """Ends the compiler's processes too: they have done their work, and would be counted as the input pipeline's."""
    compiler = sys.modules.get("torch._inductor.async_compile")
    if compiler is not None:
        compiler.shutdown_compile_workers()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_memory() -> tuple[Reading, ...]:
    allocated, reserved = "torch.cuda.max_memory_allocated", "torch.cuda.max_memory_reserved"
    if not torch.cuda.is_available():
        status = "no GPU: PyTorch keeps no peak of its CPU allocator"
        return (Reading("allocator_peak_bytes", None, allocated, status), Reading("allocator_reserved_peak_bytes", None, reserved, status))
    return (
        Reading("allocator_peak_bytes", torch.cuda.max_memory_allocated(), allocated),
        Reading("allocator_reserved_peak_bytes", torch.cuda.max_memory_reserved(), reserved),
    )


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # The CPU allocator, cuBLAS and cuDNN raise a plain RuntimeError.
    texts = ("can't allocate memory", "DefaultCPUAllocator", "out of memory", "ALLOC_FAILED")
    return isinstance(error, RuntimeError) and any(text in str(error) for text in texts)


def environment() -> dict[str, str]:
    found = {
        "framework": f"torch {torch.__version__}",
        "model_library": f"torchvision {metadata.version('torchvision')}",
        "build": torch.version.git_version,
        "cuda": str(torch.version.cuda),
        "cudnn": str(torch.backends.cudnn.version()),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "device": name(),
        "device_name": "cpu",
        "intra_op_threads": str(torch.get_num_threads()),
        "inter_op_threads": str(torch.get_num_interop_threads()),
        "tf32_matmul": str(torch.backends.cuda.matmul.allow_tf32),
        "tf32_convolution": str(torch.backends.cudnn.allow_tf32),
        "autotune": str(torch.backends.cudnn.benchmark),
        "autotune_plans": str(torch.backends.cudnn.benchmark_limit) if torch.backends.cudnn.benchmark else ONE_PLAN,
        "cudnn_heuristic": "mode B" if os.environ.get("TORCH_CUDNN_USE_HEURISTIC_MODE_B") == "1" else "instant",
    }
    if torch.cuda.is_available():
        major, minor = torch.cuda.get_device_capability()
        found |= {"device_name": torch.cuda.get_device_name(), "compute_capability": f"{major}.{minor}"}
    return found
