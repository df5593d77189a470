"""The phases, and the figures that several of them have, as whoever reads the findings knows them."""

from __future__ import annotations

from harness.phases import PHASES
from harness.phases.declaration import Compared
from harness.phases.figures import AUTOTUNE, DEVICE_STEP, FIRST_STEP, JOULES_PER_ITEM, UTILISATION

__all__ = ["AUTOTUNE", "DEVICE_STEP", "FIRST_STEP", "JOULES_PER_ITEM", "PHASES", "UTILISATION", "Compared"]
