"""Why a framework has no number for a case. The messages are sentences for whoever runs it."""

from __future__ import annotations


class NotCompiledError(Exception):
    """What the case calls compiled, or a graph, ran as plain Python. The message says what may have turned it off."""


class SharedMemoryError(Exception):
    """The loader's worker processes have no room to hand over their batches. The message says how much there is, and the mend."""
