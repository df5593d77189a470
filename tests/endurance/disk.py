"""A disk that is full at a moment: for one process, or a whole file system of its own."""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Protocol

SIZE = "16m"
PAGE_BYTES = 4096
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class Disk(Protocol):
    def fill(self, room_bytes: int) -> None:
        """But for so many bytes."""

    def free(self) -> None: ...


class Limit:
    """No file of that process grows beyond the journal and so many bytes. Its writes fail as on a full disk, in the midst of a line."""

    def __init__(self, process_id: int, journals: Path) -> None:
        self._process_id = process_id
        self._journals = journals

    def fill(self, room_bytes: int) -> None:
        used = max((path.stat().st_size for path in self._journals.glob("*.journal")), default=0)
        with suppress(ProcessLookupError):  # it has ended
            resource.prlimit(self._process_id, resource.RLIMIT_FSIZE, (used + room_bytes, resource.RLIM_INFINITY))

    def free(self) -> None:
        with suppress(ProcessLookupError):
            resource.prlimit(self._process_id, resource.RLIMIT_FSIZE, UNLIMITED)


class FileSystem:
    """One in memory, in the place of a folder, with a file in it that takes what is left."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where this user may mount none."""
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True, check=False, text=True)
        if done.returncode:
            raise OSError(done.stderr)
        self._folder = folder
        self._ballast = folder / "ballast"

    def fill(self, room_bytes: int) -> None:
        state = os.statvfs(self._folder)
        size = state.f_bavail * state.f_frsize - room_bytes // PAGE_BYTES * PAGE_BYTES
        with self._ballast.open("wb") as file, suppress(OSError):  # the session has just taken some of it
            os.posix_fallocate(file.fileno(), 0, max(size, 1))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self._folder], check=True)


def may_mount(folder: Path) -> bool:
    try:
        FileSystem(folder).unmount()
    except OSError:
        return False
    return True
