"""Which of a machine's network devices a rank's engine is told to listen at."""

from __future__ import annotations

import os
import socket
from unittest import mock

import psutil
import pytest

from harness.frameworks.ranks import NCCL_INTERFACE, Rank


@pytest.fixture
def loopback() -> str:
    (found,) = [
        name
        for name, given in psutil.net_if_addrs().items()
        if ("127.0.0.1", socket.AF_INET) in [(each.address, each.family) for each in given]
    ]
    return found


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_device_is_that_of_the_rank_s_own_address(host: str, loopback: str) -> None:
    assert Rank(1, ("192.0.2.77:1", f"{host}:2"), 1.0).interface() == loopback


@pytest.mark.parametrize("host", ["192.0.2.77", "nowhere.invalid"])
def test_an_address_that_is_no_device_s_leaves_it_to_the_engine(host: str) -> None:
    assert Rank(0, (f"{host}:1", "127.0.0.1:2"), 1.0).interface() == ""


def directed(host: str, environment: dict[str, str]) -> str | None:
    """Where NCCL is sent by a rank of that address."""
    with mock.patch.dict(os.environ, environment):
        if not environment:
            os.environ.pop(NCCL_INTERFACE, None)
        Rank(0, (f"{host}:1",), 1.0).direct_nccl()
        return os.environ.get(NCCL_INTERFACE)


def test_nccl_takes_that_device_by_its_whole_name(loopback: str) -> None:
    assert directed("127.0.0.1", {}) == f"={loopback}"


def test_nccl_goes_where_somebody_has_said_or_by_itself() -> None:
    assert directed("127.0.0.1", {NCCL_INTERFACE: "ib0"}) == "ib0"
    assert directed("192.0.2.77", {}) is None
