"""Whether glibc still keeps the memory it was given: a framework may set its thresholds, too, and for the whole process."""

from __future__ import annotations

import ctypes

BLOCK_BYTES = 2**30  # more than lies free anywhere in the heap, where it would come from whatever the threshold
_M_MMAP_THRESHOLD, _M_MMAP_MAX = -3, -4  # malloc.h
_MAPPED_BLOCKS = 65536  # glibc's default
_COUNTERS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class _Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in _COUNTERS]


def give_back_the_largest_only() -> None:
    """Lets glibc map blocks of 2 GiB, as it does by itself with those of 32 MiB: what lowers that threshold shows in `memory_is_kept`."""
    libc = ctypes.CDLL(None)
    for parameter, value in ((_M_MMAP_MAX, _MAPPED_BLOCKS), (_M_MMAP_THRESHOLD, 2 * BLOCK_BYTES - 1)):
        assert libc.mallopt(parameter, value) == 1


def memory_is_kept() -> bool:
    """Whether a block comes out of the heap, and not by mmap: that gives it back when it is freed."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
    libc.mallinfo2.restype = _Mallinfo2
    before = libc.mallinfo2().hblks
    block = libc.malloc(BLOCK_BYTES)
    mapped = libc.mallinfo2().hblks - before
    libc.free(block)
    libc.malloc_trim(0)  # or the next one lies free in the heap
    return bool(mapped == 0)
