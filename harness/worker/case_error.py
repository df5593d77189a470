"""What a bench raises where it knows itself how its case has ended."""

from __future__ import annotations

from typing import ClassVar

from harness.record.outcome import Outcome


class CaseError(Exception):
    """Ends its case with its own outcome, whatever was raised on the way to it. The message says why."""

    outcome: ClassVar[Outcome] = Outcome.ERROR
