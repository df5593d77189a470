"""How a case ended."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Only `ok` carries a number into a comparison."""

    OK = "ok"
    OUT_OF_MEMORY = "out_of_memory"
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the worker's process died
    ERROR = "error"  # the measured code raised
    UNEQUAL_WORK = "unequal_work"
    UNFENCED = "unfenced"  # work was still running after the fence: the durations are not the work's
    THROTTLED = "throttled"
    TARGET_MISSED = "target_missed"  # the job ended below the accuracy that its experiment asks for
    UNSUPPORTED = "unsupported"


NOT_INSTALLED = "not installed in this worker"  # begins the detail of a case whose framework is missing altogether


class Unsupported(Exception):
    """The framework, this machine or the installed versions cannot do what the case asks. The message says which."""
