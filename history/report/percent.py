"""Changes, as people read them."""

from __future__ import annotations


def percent(share: float) -> str:
    return f"{share:+.1%}".replace("-", "−")
