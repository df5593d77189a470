"""The same where other processes take all cores, as far as a rank can see: each of its rounds is taken again as long as there is time."""

from __future__ import annotations

import itertools
from unittest import mock

from harness.worker.meters import core_times
from tests.stand_in import quick as quick
from tests.stand_in.ranked import Ranked

_COUNT = itertools.count()


def busy_seconds() -> dict[int, float]:
    """More each time than any process could have made it."""
    return {0: 1000.0 * next(_COUNT)}


mock.patch.object(core_times, "busy_seconds", busy_seconds).start()

__getattr__ = Ranked().__getattribute__
