"""Whether glibc still keeps the memory it was given, as `matched` workers want it: a framework may set its thresholds, too."""

from __future__ import annotations

import ctypes

BLOCK_BYTES = 2**24
_COUNTERS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class _Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in _COUNTERS]


def memory_is_kept() -> bool:
    """Whether a block of the size of an activation comes out of the heap, and not by mmap: that gives it back when it is freed."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
    libc.mallinfo2.restype = _Mallinfo2
    before = libc.mallinfo2().hblks
    block = libc.malloc(BLOCK_BYTES)
    mapped = libc.mallinfo2().hblks - before
    libc.free(block)
    return bool(mapped == 0)
