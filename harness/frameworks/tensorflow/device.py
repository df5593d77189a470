"""The device and the process-wide settings: threads, precision, memory growth; the fence; the allocator's peaks."""

from __future__ import annotations

import functools
import os
from importlib import metadata
from typing import Any

import keras
import msgspec
import tensorflow as tf
from msgspec.structs import replace

from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import strategies
from harness.record.case import Execution, Precision
from harness.record.fairness import ON_A_GPU, Source
from harness.record.measurement import Reading
from harness.record.outcome import Unsupported

POLICIES = {Precision.FP64: "float64", Precision.BF16: "mixed_bfloat16"}
FLOAT32 = "float32"
BACKEND = "tensorflow"
FUZZ = 1e-7  # Keras' epsilon
AMPERE = (8, 0)  # compute capability: the first with TensorFloat-32 and bfloat16 in its tensor cores
ONE_PLAN = "1"  # of cuDNN's for a convolution: the heuristic's first choice, nothing else is tried
ALL_PLANS = "0"  # no limit, as PyTorch writes it


def _by_itself() -> None:
    """Keras as it is by itself, whatever a `keras.json` or the shell says of the work: a precision, a layout, how much of an epoch.

    Raises RuntimeError where it computes by another framework.
    """
    backend = keras.config.backend()
    if backend != BACKEND:
        raise RuntimeError(f"Keras computes by {backend}: leave KERAS_BACKEND out of //env: in --worker, or give it {BACKEND}")
    keras.config.set_floatx(FLOAT32)
    keras.config.set_epsilon(FUZZ)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy(FLOAT32)
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


_by_itself()  # before anything asks it


@functools.cache  # a fence asks for it in every round
def gpus() -> tuple[Any, ...]:
    return tuple(tf.config.list_physical_devices("GPU"))


class Settings(msgspec.Struct, frozen=True):
    """What is set for the whole process.

    Autotune is not among them: `TF_CUDNN_USE_AUTOTUNE` turns it off, which the process has from its start where it is neutral. Then cuDNN's
    heuristic chooses a convolution's plan, the first of mode B. It is on by habit and has no bound: all plans are tried that modes B and A
    list, and the fallbacks where none of those works (`AutotuneConvImpl` in `tensorflow/core/kernels/autotune_conv_impl.h`,
    `CreateOpRunners` in `xla/stream_executor/cuda/cuda_dnn.cc`; tensorflow#52337, #53253).
    """

    intra_op_threads: int  # 0: TensorFlow decides
    inter_op_threads: int
    tf32: bool
    memory_growth: bool
    dtype_policy: str

    @classmethod
    def present(cls) -> Settings:
        return cls(
            intra_op_threads=tf.config.threading.get_intra_op_parallelism_threads(),
            inter_op_threads=tf.config.threading.get_inter_op_parallelism_threads(),
            tf32=tf.config.experimental.tensor_float_32_execution_enabled(),
            memory_growth=bool(gpus() and tf.config.experimental.get_memory_growth(gpus()[0])),
            dtype_policy=keras.config.dtype_policy().name,
        )

    def apply(self) -> None:
        """Raises RuntimeError where the runtime has already started with other threads or another memory growth."""
        try:
            tf.config.threading.set_intra_op_parallelism_threads(self.intra_op_threads)
            tf.config.threading.set_inter_op_parallelism_threads(self.inter_op_threads)
            for gpu in gpus():
                tf.config.experimental.set_memory_growth(gpu, self.memory_growth)
        except RuntimeError as error:
            raise RuntimeError(f"{error} It runs with {self.present()}, the case wants {self}: give it a fresh process") from error
        tf.config.experimental.enable_tensor_float_32_execution(self.tf32)
        # Of a policy alone, what layers make besides their weights would be float32 in a float64 network, and inputs too.
        keras.config.set_floatx(self.dtype_policy if self.dtype_policy == POLICIES[Precision.FP64] else FLOAT32)
        keras.config.set_dtype_policy(self.dtype_policy)


DEFAULT = Settings.present()


def open_device(setup: Setup) -> str:
    device = name()
    precision = setup.case.precision
    if precision is Precision.TF32 and device == "cpu":
        raise Unsupported("tf32 needs an NVIDIA GPU of Ampere or newer; TensorFlow sees none")
    if precision in (Precision.TF32, Precision.BF16) and device != "cpu" and compute_capability() < AMPERE:
        raise Unsupported(f"{precision} needs an NVIDIA GPU of Ampere or newer; this is {device_name()}")
    if setup.case.rung in ON_A_GPU and device == "cpu":
        raise Unsupported(f"{setup.case.rung}: without a GPU both frameworks' habits are the neutral setting")
    settings(setup).apply()
    strategies.prepare(setup)  # now: it may start the runtime, whose threads are fixed from then on
    return device


def settings(setup: Setup) -> Settings:
    neutral = setup.neutral
    # Without growth TensorFlow takes the whole GPU at once: only where its own habit is what is measured.
    found = replace(DEFAULT, memory_growth=Source.PREALLOCATION in neutral)
    if Source.THREADS in neutral:
        found = replace(found, intra_op_threads=setup.threads, inter_op_threads=setup.threads)
    if Source.TF32 in neutral:
        found = replace(found, tf32=setup.case.precision is Precision.TF32)
    return replace(found, dtype_policy=POLICIES.get(setup.case.precision or Precision.FP32, found.dtype_policy))


def sees_gpu() -> bool:
    return bool(gpus())


def name() -> str:
    return "cuda:0" if gpus() else "cpu"


def autotunes(setup: Setup) -> bool:
    compiled = setup.case.execution is Execution.COMPILED or Source.COMPILER not in setup.neutral
    return sees_gpu() and tries_plans() and not compiled  # XLA's search is a part of its compiling


def tries_plans() -> bool:
    return os.environ.get("TF_CUDNN_USE_AUTOTUNE", "1") != "0"


def placement() -> str:
    """The device by TensorFlow's own name."""
    return "/GPU:0" if gpus() else "/CPU:0"


def fence() -> None:
    """Where there is no GPU nothing is left to wait for: a function returns once the CPU has computed its result."""
    if gpus():
        tf.test.experimental.sync_devices()


def stopwatch() -> None:
    """TensorFlow hands out no events of its device."""


def allocation() -> str:
    if Settings.present().memory_growth:
        return "TensorFlow's allocator grows, in regions of doubling size, and gives nothing back"
    return "TensorFlow takes nearly the whole GPU at once, whatever it needs (memory growth is off)"


def reset_peak_memory() -> None:
    if gpus():
        tf.config.experimental.reset_memory_stats("GPU:0")


def peak_memory() -> tuple[Reading, ...]:
    allocated = "tf.config.experimental.get_memory_info"
    reserved = Reading("allocator_reserved_peak_bytes", None, allocated, "TensorFlow does not tell what its allocator has reserved")
    if not gpus():
        return (Reading("allocator_peak_bytes", None, allocated, "no GPU: TensorFlow keeps no peak of its CPU allocator"), reserved)
    return (Reading("allocator_peak_bytes", tf.config.experimental.get_memory_info("GPU:0")["peak"], allocated), reserved)


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return True
    # XLA and the CUDA libraries raise an InternalError, the CPU allocator an UnknownError or a plain RuntimeError.
    texts = ("RESOURCE_EXHAUSTED", "OOM when allocating", "out of memory", "Out of memory", "ALLOC_FAILED")
    return isinstance(error, tf.errors.OpError | RuntimeError) and any(text in str(error) for text in texts)


def environment() -> dict[str, str]:
    build = tf.sysconfig.get_build_info()
    found = {
        "framework": f"tensorflow {tf.__version__}",
        "model_library": f"keras {keras.__version__}",
        "datasets_library": f"tensorflow-datasets {metadata.version('tensorflow-datasets')}",
        "build": tf.version.GIT_VERSION,
        "cuda": str(build.get("cuda_version")),
        "cudnn": str(build.get("cudnn_version")),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        "device": name(),
        "device_name": device_name(),
        "intra_op_threads": str(tf.config.threading.get_intra_op_parallelism_threads()),
        "inter_op_threads": str(tf.config.threading.get_inter_op_parallelism_threads()),
        "tf32": str(tf.config.experimental.tensor_float_32_execution_enabled()),
        "dtype_policy": keras.config.dtype_policy().name,
        "autotune": str(tries_plans()),
        "autotune_plans": ALL_PLANS if tries_plans() else ONE_PLAN,
    }
    if gpus():
        found["memory_growth"] = str(Settings.present().memory_growth)
        found["compute_capability"] = ".".join(str(part) for part in compute_capability())
    return found


def device_name() -> str:
    return str(tf.config.experimental.get_device_details(gpus()[0])["device_name"]) if gpus() else "cpu"


def compute_capability() -> tuple[int, int]:
    major, minor = tf.config.experimental.get_device_details(gpus()[0])["compute_capability"]
    return (major, minor)
