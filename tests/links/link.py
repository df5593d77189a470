"""Two network namespaces of this machine, and a link of known delay and bandwidth between them."""

from __future__ import annotations

import functools
import shlex
import shutil
import subprocess
import tempfile
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

    def __init__(self, maker: subprocess.Popen[str], namespaces: list[str]) -> None:
        """maker: the program that forwards; namespaces: the path of each end's."""
        self._maker = maker
        self.namespaces = namespaces
        self._files = [Path(each).stat().st_ino for each in namespaces]

    def set(self, delay_seconds: float, bits_per_second: float) -> None:
        """delay_seconds: from one end to the other; bits_per_second: of whole packets, in each direction."""
        assert self._maker.stdin is not None
        print(round(delay_seconds * 1e9), round(bits_per_second), file=self._maker.stdin, flush=True)

    def command(self, end: int, *command: str) -> list[str]:
        """The same, run in the namespace of that end."""
        return ["nsenter", f"--net={self.namespaces[end]}", *command]

    def run(self, end: int, *command: str) -> str:
        """What it prints. Raises NoLinkError."""
        done = subprocess.run(self.command(end, *command), capture_output=True, text=True, timeout=START_SECONDS, check=False)
        if done.returncode:
            raise NoLinkError(f"{shlex.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def break_off(self) -> None:
        """From now on nothing arrives at the second end, and nobody is told."""
        self.run(1, "ip", "link", "set", DEVICE, "down")

    def close(self) -> None:
        """Ends the link, and whatever is at its ends."""
        left = self.processes()
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=START_SECONDS)
        self._maker.communicate(timeout=START_SECONDS)

    def processes(self) -> list[psutil.Process]:
        """Those that are in one of the namespaces, but for the program that makes the link."""
        return [each for each in psutil.process_iter() if each.pid != self._maker.pid and _namespace(each) in self._files]


def make_link(delay_seconds: float, bits_per_second: float) -> Link:
    """A new one. Raises NoLinkError where the machine lets no namespaces or devices be made."""
    missing = [each for each in ("ip", "nsenter") if shutil.which(each) is None]
    if missing:
        raise NoLinkError(f"{missing[0]} is missing")
    arguments = [f"{_built().name}/link", DEVICE, str(round(delay_seconds * 1e9)), str(round(bits_per_second))]
    maker = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert maker.stdout is not None
    namespaces = maker.stdout.readline().split()
    if not namespaces:
        raise NoLinkError(maker.communicate()[1].strip())
    link = Link(maker, [f"/proc/{maker.pid}/fd/{each}" for each in namespaces])
    try:
        for end in (0, 1):
            _set_up(link, end)
    except BaseException:
        link.close()
        raise
    return link


@functools.cache
def _built() -> tempfile.TemporaryDirectory[str]:
    """The folder with the program. gcc has to be there, as for the fake driver."""
    folder = tempfile.TemporaryDirectory(prefix="link-")  # goes with this process
    command = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", f"{folder.name}/link", str(SOURCE)]
    subprocess.run(command, check=True, timeout=START_SECONDS)
    return folder


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
