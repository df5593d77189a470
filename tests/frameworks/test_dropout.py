"""Nothing is left out at random while equal work is checked, by whatever layer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn


@pytest.fixture(scope="module")
def told(run_in: RunIn) -> dict[str, Any]:
    found: dict[str, Any] = run_in("pytorch", "import small_networks\nresult = small_networks.dropped()")
    return found


def test_every_layer_that_drops_is_switched_off(told: dict[str, Any]) -> None:
    layers = {name: passes for name, passes in told.items() if name != "left alone"}
    assert len(layers) == 8
    assert all(passes == [False, True] for passes in layers.values()), "two passes differ before, and agree after"


def test_a_count_is_no_rate(told: dict[str, Any]) -> None:
    assert told["left alone"] == 1
