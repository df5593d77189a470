"""Host memory of the worker and its children, from the kernel's own accounts: nothing has to poll.

File pages are told apart from anonymous and shared memory. How many pages of its libraries a process has mapped is up to the kernel, the
file system and the machine: it may take them back at any time and read them again. What it cannot take back, but for swap, is what two
frameworks are compared by. And of pages that several processes map, a proportional set size counts a share. That is right for what a
family shares, as a loader's processes do with the worker that forked them, and wrong for the pages of files: anybody who maps the same
libraries (the other framework's worker, a second session) would make this worker lighter. So file pages are the worker's own, once and
whole, and shares are of the others.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.record.figure import MIB
from harness.record.measurement import Reading
from harness.worker.meters.children import children

PROC = Path("/proc")
STATUS = "/proc/self/status"
ANONYMOUS_SOURCE = "RssAnon + RssShmem"
CHILDREN_SOURCE = "PSS less file pages of"
RESET_PEAK = "5"  # proc(5), clear_refs: sets VmHWM back to the present resident size
NOT_TOLD = "unavailable: the kernel tells no VmHWM, RssAnon, RssFile and RssShmem"
NO_SHARES = "unavailable: the kernel tells no Pss_Anon and Pss_Shmem (Linux 5.4 and later do), by which child processes' memory is counted"
NOT_RESET = "since the start of the process: the kernel does not reset the mark"


class Resident(msgspec.Struct, frozen=True):
    """A process's resident pages by kind, and the high-water mark of both kinds together."""

    anonymous_bytes: int  # and shared memory
    file_bytes: int
    peak_bytes: int

    @classmethod
    def of(cls, pid: int | str) -> Resident | None:
        """None where the kernel does not tell, or the process has ended."""
        try:
            told = _fields(PROC / str(pid) / "status")
            anonymous, shared, of_files, peak = (_bytes(told[name]) for name in ("RssAnon", "RssShmem", "RssFile", "VmHWM"))
        except (OSError, KeyError):
            return None
        return cls(anonymous + shared, of_files, peak)


class Family(msgspec.Struct, frozen=True):
    """A process's pages that only its parents and children can share: anonymous ones and shared memory."""

    resident_bytes: int
    share_bytes: int

    @classmethod
    def of(cls, pid: int | str) -> Family | None:
        """None once the process has ended, and where the kernel does not tell: before Linux 5.4 it tells all pages together."""
        try:
            size = {name: _bytes(value) for name, value in _fields(PROC / str(pid) / "smaps_rollup").items() if " kB" in value}
            anonymous_share, shared_share, resident = (size[name] for name in ("Pss_Anon", "Pss_Shmem", "Rss"))
            of_files = _bytes(_fields(PROC / str(pid) / "status")["RssFile"])
        except (OSError, KeyError):
            return None
        return cls(resident - of_files, anonymous_share + shared_share)


class Children(msgspec.Struct, frozen=True):
    """What the worker's children hold right now, what they share with it counted once."""

    count: int
    share_bytes: int | None  # None where the kernel tells no shares by kind
    shared_bytes: int = 0  # of the worker's pages, what the children's shares account for

    @classmethod
    def now(cls) -> Children:
        processes = children()
        if not processes:
            return cls(0, 0)
        own = Family.of("self")
        if own is None:
            return cls(len(processes), None)
        families = [Family.of(process.pid) for process in processes]  # None: it has ended, and what is left of it has no pages
        return cls(len(processes), sum(each.share_bytes for each in families if each), own.resident_bytes - own.share_bytes)

    @property
    def source(self) -> str:
        return f"{CHILDREN_SOURCE} {self.count} child processes"

    def reading(self, name: str, own_bytes: int, source: str, status: str = "ok") -> Reading:
        """Of the worker and its children. own_bytes: the worker's."""
        if self.share_bytes is None:
            return Reading(name, None, source, NO_SHARES)
        return Reading(name, own_bytes - self.shared_bytes + self.share_bytes, source, status)


class Peaks:
    """The worker's peaks since this was made, or since `restart`: of all its pages exactly, and of each kind.

    The kernel keeps a high-water mark of all pages together, none of a kind. So the mark is set back at every fence, where the file pages
    are read as well: less those, it is the peak of the others in the step. File pages that a step has mapped count as mapped at the peak;
    by how much the others' peak may be higher for that is told in the reading's source. What is mapped and unmapped within one step is
    seen in no reading of file pages.
    """

    def __init__(self) -> None:
        self._fewest_file_bytes = self._most_file_bytes = 0  # at the ends of the step at hand
        self.restart()

    def restart(self) -> None:
        self._peak_bytes = self._anonymous_bytes = self._anonymous_at_most_bytes = self._file_bytes = 0
        self._begin_step(Resident.of("self"))

    def at_fence(self) -> None:
        """Where a step has ended."""
        now = Resident.of("self")
        if now is None:
            return
        fewest, most = min(self._fewest_file_bytes, now.file_bytes), max(self._most_file_bytes, now.file_bytes)
        self._peak_bytes = max(self._peak_bytes, now.peak_bytes)
        self._file_bytes = max(self._file_bytes, most)
        self._anonymous_bytes = max(self._anonymous_bytes, now.anonymous_bytes, now.peak_bytes - most)
        self._anonymous_at_most_bytes = max(self._anonymous_at_most_bytes, now.anonymous_bytes, now.peak_bytes - fewest)
        self._begin_step(now)
        if not self._was_reset:  # the mark may be of any step until now
            self._fewest_file_bytes, self._most_file_bytes = fewest, most

    def readings(self) -> tuple[Reading, ...]:
        """Of the steps until now; and of the children their share of memory right now.

        Resident sizes of an input pipeline's processes would count the pages that they share again and again. A share has no high-water
        mark: it is what they hold at the end of the steps, their buffers full.
        """
        self.at_fence()
        if not self._peak_bytes:
            names = ("host_anonymous_bytes", "host_file_bytes", "host_peak_bytes")
            return tuple(Reading(name, None, STATUS, NOT_TOLD) for name in names)
        others = Children.now()
        status = "ok" if self._was_reset else NOT_RESET
        source = f"{others.source} after the steps"
        more = (self._anonymous_at_most_bytes - self._anonymous_bytes) / MIB
        own_source = f"VmHWM of the worker in each step, less RssFile at its ends: by {more:.1f} MiB more at most"
        together = f"{own_source}; less what it shares + {source}" if others.count else own_source
        return (
            others.reading("host_anonymous_bytes", self._anonymous_bytes, together, status),
            Reading("host_file_bytes", self._file_bytes, "RssFile of the worker, the most at any step's end"),
            Reading("host_peak_bytes", self._peak_bytes, "VmHWM of the worker", status),
            Reading("host_children_bytes", others.share_bytes, source, "ok" if others.share_bytes is not None else NO_SHARES),
        )

    def _begin_step(self, now: Resident | None) -> None:
        self._was_reset = _reset_peak()
        self._fewest_file_bytes = self._most_file_bytes = now.file_bytes if now else 0


def resident(when: str) -> tuple[Reading, ...]:
    """What the worker holds right now. when: a word in the readings' names."""
    anonymous, whole = f"host_{when}_anonymous_bytes", f"host_{when}_bytes"
    now = Resident.of("self")
    if now is None:
        return tuple(Reading(name, None, STATUS, NOT_TOLD) for name in (anonymous, whole))
    return (
        Reading(anonymous, now.anonymous_bytes, f"{ANONYMOUS_SOURCE} of the worker"),
        Reading(whole, now.anonymous_bytes + now.file_bytes, "VmRSS of the worker"),
    )


def tree(name: str) -> Reading:
    """The anonymous and shared memory that the worker and its children hold right now, shared pages counted once."""
    now = Resident.of("self")
    if now is None:
        return Reading(name, None, STATUS, NOT_TOLD)
    others = Children.now()
    return others.reading(name, now.anonymous_bytes, f"{ANONYMOUS_SOURCE} of the worker + {others.source}")


def _reset_peak() -> bool:
    """False where the kernel does not let it."""
    try:
        (PROC / "self" / "clear_refs").write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def _bytes(value: str) -> int:
    """Of `12 kB`."""
    return int(value.split()[0]) * 1024


def _fields(file: Path) -> dict[str, str]:
    """Of lines `Name: value`."""
    return {name: value.strip() for name, _, value in (line.partition(":") for line in file.read_text().splitlines())}
