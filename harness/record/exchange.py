"""Ways for ranks to exchange what a step needs that every framework has, by the names that cases have."""

from __future__ import annotations

SYNCHRONIZED = "synchronized"  # a batch norm takes the statistics of all ranks
ACCUMULATED = "accumulated_4"  # the gradients of several parts of a rank's batch are summed, then exchanged once
PARTS = 4
