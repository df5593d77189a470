"""How long times are told."""

from __future__ import annotations

import math


def told(seconds: float) -> str:
    """`40 s`, `4 min 40 s`, `2 h 10 min`."""
    if not math.isfinite(seconds):
        return "longer than can be told"
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = whole % 3600 // 60
    return f"{whole // 3600} h {minutes} min" if minutes else f"{whole // 3600} h"


def clock(seconds: float) -> str:
    """`4:40`, as a clock that counts up."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
