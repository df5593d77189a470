"""Which of a machine's network devices a rank's engine is told to listen at."""

from __future__ import annotations

import socket

import psutil
import pytest

from harness.frameworks.ranks import Rank


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_device_is_that_of_the_rank_s_own_address(host: str) -> None:
    (loopback,) = [
        name
        for name, given in psutil.net_if_addrs().items()
        if ("127.0.0.1", socket.AF_INET) in [(each.address, each.family) for each in given]
    ]
    assert Rank(1, ("192.0.2.77:1", f"{host}:2"), 1.0).interface() == loopback


@pytest.mark.parametrize("host", ["192.0.2.77", "nowhere.invalid"])
def test_an_address_that_is_no_device_s_leaves_it_to_the_engine(host: str) -> None:
    assert Rank(0, (f"{host}:1", "127.0.0.1:2"), 1.0).interface() == ""
