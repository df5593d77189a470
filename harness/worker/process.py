"""What the worker's process is to the others of the machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def lead_own_process_group() -> None:
    """A group of its own: what the worker starts can be killed with it, and a Ctrl-C in the terminal is pytest's to handle."""
    if os.getpid() != os.getpgrp():
        os.setsid()


def be_first_out_of_memory() -> None:
    """When the machine runs out of memory the kernel is to kill the worker, not pytest with all results in it."""
    with suppress(OSError):  # no such file: not Linux
        Path("/proc/self/oom_score_adj").write_text("1000")
