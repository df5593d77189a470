"""Two network namespaces of this machine, and a link of known delay and bandwidth between them."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

SOURCE = Path(__file__).parent / "link.c"
DEVICE = "cable"
ADDRESSES = ("198.51.100.1", "198.51.100.2")  # of a network that documentation has for itself
PREFIX = 30
NETWORK = f"198.51.100.0/{PREFIX}"
# Nothing is lost here, and TCP is told so: what looks late is a queue or a busy machine, and to hold back for it, or to send it again,
# would make the link another one than the one that is asked for.
TCP = {
    "tcp_congestion_control": "reno",  # its window grows until something is lost; others' shrinks where a queue grows
    "tcp_slow_start_after_idle": "0",
    "tcp_early_retrans": "0",
    "tcp_rmem": "4096 4194304 8388608",
}
RESEND_AFTER = "5s"
QUEUE_PACKETS = 10_000  # of a device: what a sender has ready at once is not thrown away
START_SECONDS = 60


class NoLinkError(Exception):
    """None can be made here. The message is why."""


class Link:
    """Its two ends are 0 and 1."""

    def __init__(self, maker: subprocess.Popen[str], namespaces: tuple[str, str]) -> None:
        """maker: the program that forwards; namespaces: the path of each end's."""
        self._maker = maker
        self._namespaces = namespaces

    def set(self, delay_seconds: float, bits_per_second: float) -> None:
        """delay_seconds: from one end to the other; bits_per_second: of whole packets, in each direction."""
        assert self._maker.stdin is not None
        print(round(delay_seconds * 1e9), round(bits_per_second), file=self._maker.stdin, flush=True)

    def command(self, end: int, *command: str) -> list[str]:
        """The same, run in the namespace of that end."""
        return ["nsenter", f"--net={self._namespaces[end]}", *command]

    def run(self, end: int, *command: str) -> str:
        """What it prints. Raises NoLinkError."""
        done = subprocess.run(self.command(end, *command), capture_output=True, text=True, timeout=START_SECONDS, check=False)
        if done.returncode:
            raise NoLinkError(f"{shlex.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def break_off(self) -> None:
        """From now on nothing arrives at the second end, and nobody is told."""
        self.run(1, "ip", "link", "set", DEVICE, "down")

    def processes(self) -> list[psutil.Process]:
        """Those that are in one of the namespaces, but for the program that makes the link."""
        own = {Path(each).stat().st_ino for each in self._namespaces}
        return [each for each in psutil.process_iter() if each.pid != self._maker.pid and _namespace(each) in own]


@contextmanager
def linked(delay_seconds: float, bits_per_second: float) -> Iterator[Link]:
    """Raises NoLinkError where the machine lets no namespaces or devices be made."""
    with tempfile.TemporaryDirectory(prefix="link-") as folder:
        program = Path(folder) / "link"
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE], check=True, timeout=START_SECONDS)
        arguments = [str(program), DEVICE, str(round(delay_seconds * 1e9)), str(round(bits_per_second))]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as maker:
            assert maker.stdout is not None
            assert maker.stderr is not None
            said = maker.stdout.readline().split()
            if not said:
                raise NoLinkError(maker.stderr.read().strip())
            made = Link(maker, (f"/proc/{maker.pid}/fd/{said[0]}", f"/proc/{maker.pid}/fd/{said[1]}"))
            try:
                for end in (0, 1):
                    _set_up(made, end)
                yield made
            finally:
                left = made.processes()
                for process in left:
                    process.kill()
                psutil.wait_procs(left, timeout=START_SECONDS)
                maker.communicate(timeout=START_SECONDS)


def _set_up(link: Link, end: int) -> None:
    link.run(end, "ip", "link", "set", "lo", "up")
    for name, value in TCP.items():
        link.run(end, "sh", "-c", f"echo '{value}' > /proc/sys/net/ipv4/{name}")
    link.run(end, "sh", "-c", "test ! -d /proc/sys/net/ipv6 || echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
    link.run(end, "ip", "link", "set", DEVICE, "txqueuelen", str(QUEUE_PACKETS), "up")
    link.run(end, "ip", "address", "add", f"{ADDRESSES[end]}/{PREFIX}", "dev", DEVICE)
    link.run(end, "ip", "route", "change", NETWORK, "dev", DEVICE, "src", ADDRESSES[end], "rto_min", RESEND_AFTER)


def _namespace(process: psutil.Process) -> int | None:
    try:
        return Path(f"/proc/{process.pid}/ns/net").stat().st_ino
    except OSError:  # it has just ended, or is somebody else's
        return None
