"""Takes the sting out of single bad nights: a busy host, a throttled GPU."""

from __future__ import annotations

import numpy as np

from history.gate.moderation import Floats

NEIGHBOURS = 5  # nights around, the night itself among them


def tamed(log_values: Floats, reach: float) -> Floats:
    """No night is further than `reach` from the median of the nights around it.

    At the ends the window stays inside the history: the newest night is judged by the four before it, not by itself.
    """
    nights = len(log_values)
    width = min(NEIGHBOURS, nights)
    starts = np.clip(np.arange(nights) - width // 2, 0, nights - width)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(log_values, width)[starts], axis=1)
    return np.asarray(np.clip(log_values, medians - reach, medians + reach))
