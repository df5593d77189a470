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
# A shell's leftovers would change a side alone: neutral is without them. OpenMP's and MKL's belong to no framework, as native code in any
# worker may read them; what a framework alone reads is in its listing.
LEFTOVERS = ("NVIDIA_TF32_OVERRIDE", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "KMP_BLOCKTIME")


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
    """What a worker of the framework is without, whatever the shell has."""
    return (*LEFTOVERS, *FRAMEWORKS[framework].leftovers) if Source.THREADS in surroundings else ()
