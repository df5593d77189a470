"""How a case ended."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Only `ok` carries a number into a comparison."""

    OK = "ok"  # it has been measured
    OUT_OF_MEMORY = "out_of_memory"  # the machine's, the container's or the GPU's was not enough
    TIMEOUT = "timeout"  # its worker has not answered for the time that --case-timeout says
    CRASHED = "crashed"  # the worker's process died
    ERROR = "error"  # the measured code raised
    UNEQUAL_WORK = "unequal_work"  # the sides were not given, or did not compute, the same
    UNFENCED = "unfenced"  # work was still running after the fence: the durations are not the work's
    THROTTLED = "throttled"  # heat or a power brake slowed the GPU in most rounds, although they were taken again
    TARGET_MISSED = "target_missed"  # the job ended below the accuracy that its experiment asks for
    UNSUPPORTED = "unsupported"  # the framework, this machine or the installed versions cannot do it


NOT_INSTALLED = "not installed in this worker"  # begins the detail of a case whose framework is missing altogether


class Unsupported(Exception):
    """The framework, this machine or the installed versions cannot do what the case asks. The message says which."""
