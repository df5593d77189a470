"""What else the machine of the tests does is no disturbance of a stand-in's rounds: for what follows from them."""

from __future__ import annotations

from unittest import mock

from harness.worker.meters import core_times

mock.patch.object(core_times, "busy_seconds", dict).start()  # no core that was watched; it fails where there is no such function any more
