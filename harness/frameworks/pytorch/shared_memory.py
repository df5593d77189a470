"""The room in /dev/shm, through which a DataLoader's workers hand over their batches: a container has 64 MB of it, or less.

What does not fit is no plain error. A worker whose batch is made there raises; one whose batch is copied there in another thread loses it,
and its consumer waits for ever; one that is given a file without pages dies of a bus error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.frameworks.contract import Setup
from harness.frameworks.errors import SharedMemoryError

PLACE = Path("/dev/shm")
CHANNELS = 3
MEND = "Give it more: docker run --shm-size=1g (Kubernetes: an emptyDir of medium Memory at /dev/shm), or mount -o remount,size=1g /dev/shm"
TOLD = ("shared memory", "Bus error", "torch_shm_manager")  # what PyTorch says of it, in these words


def expect_room(setup: Setup, workers: int, prefetched: int, value_bytes: int) -> None:
    """Raises SharedMemoryError where the workers' batches would not fit, all that are made ahead and the one that is taken.

    prefetched: batches, for each worker. value_bytes: of a channel of a pixel.
    """
    if not workers:
        return
    batch_bytes = setup.case.batch_size * CHANNELS * setup.image_size**2 * value_bytes
    needed_bytes = (workers * prefetched + 1) * batch_bytes
    try:
        room = os.statvfs(PLACE)
    except OSError as error:
        told = f"the loader's workers hand over their batches in {PLACE}, and there is none ({error.strerror})"
        raise SharedMemoryError(f"{told}. {MEND}") from error
    free_bytes = room.f_bavail * room.f_frsize
    if room.f_blocks and free_bytes < needed_bytes:  # one without a limit has no blocks
        told = f"the loader's workers ({workers}) need {_told(needed_bytes)} in {PLACE} for their batches, and {_told(free_bytes)} are free"
        raise SharedMemoryError(f"{told}. {MEND}")


@contextmanager
def want_named() -> Iterator[None]:
    """Raises SharedMemoryError where what runs within wants room there that others have taken meanwhile."""
    try:
        yield
    except (RuntimeError, OSError) as error:
        if any(words in str(error) for words in TOLD):
            raise SharedMemoryError(f"the loader's workers have used up {PLACE}, with what others have there. {MEND}") from error
        raise


def _told(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:,.0f} MiB"
