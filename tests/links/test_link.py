"""The link is the one that it is asked to be: what is measured over it is worth as much as this."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.links import talk
from tests.links.link import ADDRESSES, Link

# Delay and bandwidth, by how much is on its way at once: TCP's window has to grow for the first one alone.
LINKS = [(0.02, 50e6), (0.005, 100e6), (0.001, 20e6)]
TRANSFER_SECONDS = 2.0
OF_A_PACKET = 1448 / 1500  # of its bytes are those that were sent, the others are headers


@pytest.mark.alone
@pytest.mark.parametrize(("delay_seconds", "bits_per_second"), LINKS)
def test_a_link_has_its_delay_and_its_bandwidth(link: Link, delay_seconds: float, bits_per_second: float) -> None:
    link.set(delay_seconds, bits_per_second)
    command = [sys.executable, talk.__file__]
    with subprocess.Popen(link.command(1, *command, "answer"), stdout=subprocess.PIPE, text=True) as answering:
        assert answering.stdout is not None
        answering.stdout.readline()
        said = link.run(0, *command, "ask", ADDRESSES[1], str(round(bits_per_second / 8 * TRANSFER_SECONDS)))
    there_and_back_seconds, bytes_per_second = map(float, said.split())
    assert there_and_back_seconds == pytest.approx(2 * delay_seconds, rel=0.1, abs=1e-3)
    assert bytes_per_second * 8 == pytest.approx(bits_per_second * OF_A_PACKET, rel=0.05)


def test_a_broken_link_lets_nothing_through(link: Link) -> None:
    link.break_off()
    asking = link.command(0, sys.executable, "-c", f"import socket; socket.create_connection(({ADDRESSES[1]!r}, 1), timeout=2)")
    assert "TimeoutError" in subprocess.run(asking, capture_output=True, text=True, check=False).stderr


def test_nothing_is_left_of_a_link(link: Link) -> None:
    """Nor of what still runs at its ends."""
    sleeping = subprocess.Popen(link.command(1, "sleep", "600"))
    while not [each for each in link.processes() if each.pid == sleeping.pid]:
        assert sleeping.poll() is None
    link.close()
    assert not psutil.pid_exists(sleeping.pid)
    assert not any(Path(each).exists() for each in link.namespaces)
    assert not [each for each in psutil.process_iter(["name"]) if each.info["name"] == "link" and each.ppid() == psutil.Process().pid]
