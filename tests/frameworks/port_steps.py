"""Three steps of training with any framework. Runs in its interpreter."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np


def stepped(work: Any, file: Path) -> dict[str, Any]:
    """Gives losses, the norm of the gradients before, and what is trained; writes the weights."""
    norm, losses = math.hypot(*work.gradient_norms()), []
    for _ in range(3):
        work.step()
        losses.append(work.read_back())
    np.savez(file, **work.weights())
    names = sorted(work.trained())
    work.close()
    return {"norm": norm, "losses": losses, "trained": names}
