"""A worker's environment variables, which count from before its framework is imported."""

from __future__ import annotations

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import Source

ALWAYS = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}  # an index means the GPU that the driver means
# `worker.allocator`, mallopt(3). No mmap for a block of its own, instead of a high threshold: older glibc's refuse one, and TensorFlow's
# `from_generator` sets a low one; above 64 MiB, in a thread, glibc maps it all the same. Whatever the threshold to trim, a heap of 64 MiB
# that a thread has emptied stays only for so large a pad.
# glibc gives freed memory back to the kernel or not by where it happens to lie, which differs between processes of the same code: 36,000
# to 56,000 page faults a train step of PyTorch's, none or 540 an image of TensorFlow's own decoding, which halves its speed. Neutral
# is that it keeps what it was given.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}
# OpenMP threads that spin while they wait make PyTorch, not TensorFlow, slow when anything else runs: a loaded machine measured TensorFlow
# at 0.25–0.31 of PyTorch's step time instead of 0.69. Passive waiting costs nothing when quiet.
WAIT_PASSIVELY = {"OMP_WAIT_POLICY": "PASSIVE"}
# A shell's leftovers would change a side alone: neutral is without them. A * stands for any end of a name. These belong to no framework, as
# native code in any worker may read them: OpenMP's, BLAS', oneDNN's, cuDNN's, those of the libraries that decode and resize, CUDA's own
# that change how work is queued or loaded. What a framework alone reads is in its listing.
LEFTOVERS = (
    *("OMP_*", "GOMP_*", "KMP_*", "MKL_*", "OPENBLAS_*", "GOTO_*", "BLIS_*", "VECLIB_*", "NUMEXPR_*", "DNNL_*", "ONEDNN_*"),
    *("CUBLAS_*", "CUBLASLT_*", "CUDNN_*", "NVIDIA_TF32_OVERRIDE", "CUDA_LAUNCH_BLOCKING", "CUDA_MODULE_LOADING"),
    *("CUDA_DEVICE_MAX_CONNECTIONS", "CUDA_FORCE_PTX_JIT", "NPY_*", "OPENCV_*", "JSIMD_*"),
)
# What a process reads before it runs a line of ours: another allocator, or glibc's and Python's own with other settings. Those of
# KEEP_MEMORY are none of them: `mallopt` sets them anew.
READ_AT_START = (
    *("LD_PRELOAD", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_ARENA_TEST", "MALLOC_CHECK_", "MALLOC_PERTURB_", "MALLOC_CONF"),
    *("PYTHONMALLOC", "PYTHONTRACEMALLOC", "PYTHONDEVMODE"),
)


def variables(framework: str, surroundings: frozenset[Source]) -> dict[str, str]:
    """What a worker of the framework has. Those of `//env:` in its spec win."""
    listing = FRAMEWORKS[framework]
    chosen = ALWAYS | listing.variables
    if Source.ALLOCATOR in surroundings:
        chosen |= KEEP_MEMORY
    if Source.THREADS in surroundings:
        chosen |= WAIT_PASSIVELY
    for source in surroundings & listing.neutral_variables.keys():
        chosen |= listing.neutral_variables[source]
    return chosen


def leftovers(framework: str, surroundings: frozenset[Source]) -> tuple[str, ...]:
    """Patterns of what a worker of the framework is without, whatever the shell has, once it runs. Those of `//env:` in its spec stay."""
    return (*LEFTOVERS, *FRAMEWORKS[framework].leftovers) if Source.THREADS in surroundings else ()


def left_out_at_start(surroundings: frozenset[Source]) -> tuple[str, ...]:
    """What its process is started without. As above those of its spec stay."""
    return READ_AT_START if Source.ALLOCATOR in surroundings else ()
