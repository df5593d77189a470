"""A saved model on disk, and the seal that says what was saved.

Most formats cannot tell a flipped bit in their weights from a weight: they load, and compute something else. So each saved model has
its SHA-256 beside it, in a file that `sha256sum -c` reads too. It is compared before a load, and is no part of the load's time. It
finds accidents; what an attacker writes has a seal that fits, and is for the library's safe mode and `ModelFormat.inspect` to refuse.
"""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from harness.frameworks.contract import FormatError, ModelFormat, Predict
from harness.worker.case_error import CaseError

SEAL_SUFFIX = ".sha256"
MEND = "save the model again, or restore both it and its seal from a copy"
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m")  # torch writes some of its errors in bold
HASHED_BYTES = 2**20  # at a time
FULL_BYTES = 2**20  # less free than this: the disk is full


class DiskFullError(FormatError, CaseError):
    """No room to save a model. To some frameworks this is one more exhausted resource, like memory: its outcome is its own."""


class ModelFile:
    """One model in one format. `path` is a file, or a folder where the format is one."""

    def __init__(self, name: str, model_format: ModelFormat, path: Path) -> None:
        self.path = path
        self._name = name
        self._format = model_format

    @property
    def seal(self) -> Path:
        return self.path.with_name(self.path.name + SEAL_SUFFIX)

    @property
    def size_bytes(self) -> int:
        return sum(file.stat().st_size for file in self._files())

    def reserve(self, needed_bytes: int) -> None:
        """Raises DiskFullError where the folder has less room than that.

        Called before a save: torch's zip writer ends the whole process when the disk fills up under `torch.export.save`.
        """
        free_bytes = shutil.disk_usage(self.path.parent).free
        if free_bytes < needed_bytes:
            raise self._no_room(f"{needed_bytes / 1e6:,.0f} MB are needed, {free_bytes / 1e6:,.0f} MB are free")

    def save(self) -> float:
        """Seconds of the library's save, into the page cache: nothing waits for the disk. What was there before is removed, untimed.

        Raises FormatError, and leaves no half of a model behind.
        """
        self.remove()
        try:
            start = time.perf_counter()
            self._format.save(self.path)
            seconds = time.perf_counter() - start
        except Exception as error:
            free_bytes = shutil.disk_usage(self.path.parent).free
            self.remove()
            if _is_disk_full(error) or free_bytes < FULL_BYTES:
                raise self._no_room(_first_line(error)) from error
            raise FormatError(f"{self._name}: {self.path} cannot be saved ({_first_line(error)})") from error
        self.put_seal()
        return seconds

    def put_seal(self) -> None:
        """Vouches for what is there now."""
        self.seal.write_text(self._digests())

    def check(self) -> None:
        """Raises FormatError unless the files are those that were saved, and hold no code. Reads all of them, into the page cache."""
        if not self.path.exists():
            raise self._refused("is not there")
        if not self.seal.is_file():
            raise self._refused(f"has no seal ({self.seal.name}), so nothing tells whether it is what was saved")
        sealed = {line for line in self.seal.read_text().splitlines() if line}
        found = set(self._digests().splitlines())
        if sealed != found:
            changed = sorted({line.partition("  ")[2] for line in sealed ^ found})
            raise self._refused(f"is not what was saved, by the SHA-256 of {', '.join(changed)} ({self.size_bytes:,} bytes now)")
        try:
            self._format.inspect(self.path)
        except FormatError as error:
            raise FormatError(f"{self._name}: {_first_line(error)}: {MEND}") from error

    def load(self) -> Predict:
        """The library's own load, and nothing else: a caller that does not know the file calls `check` first. Raises FormatError."""
        try:
            return self._format.load(self.path)
        except Exception as error:
            raise self._refused(f"cannot be loaded: {type(error).__name__}: {_first_line(error)}") from error

    def remove(self) -> None:
        """The model and its seal, if they are there."""
        if self.path.is_dir():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)
        self.seal.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        if self.path.is_dir():
            yield from sorted(file for file in self.path.rglob("*") if file.is_file())
        else:
            yield self.path

    def _digests(self) -> str:
        """A line a file, as `sha256sum` writes it: digest, two spaces, the name from the folder that the model lies in."""
        return "".join(f"{_sha256(file)}  {file.relative_to(self.path.parent)}\n" for file in self._files())

    def _refused(self, why: str) -> FormatError:
        return FormatError(f"{self._name}: {self.path} {why}: {MEND}")

    def _no_room(self, why: str) -> DiskFullError:
        return DiskFullError(f"{self._name}: no room to save {self.path} ({why}): make room, or set TMPDIR to a folder on a larger disk")


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        digest = hashlib.sha256()
        while part := content.read(HASHED_BYTES):
            digest.update(part)
    return digest.hexdigest()


def _is_disk_full(error: BaseException) -> bool:
    return (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "No space left on device" in str(error)


def _first_line(error: BaseException) -> str:
    plain = TERMINAL_CODES.sub("", str(error))
    return next((line.strip() for line in plain.splitlines() if line.strip()), type(error).__name__)
