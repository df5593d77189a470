"""Files that were read before, by the hash of their content: a night is condensed once."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec
import platformdirs

from harness.record.measurement import SCHEMA_VERSION
from history.report.night import Night

FORMAT = 9  # of Night and of a run's data, and of how they are made: raise it with any of them

FOLDER = platformdirs.user_cache_path("flowers-benchmarks") / "report"  # where nobody names another
CHECKSUM_BYTES = 4  # before a night
_NIGHT = msgspec.msgpack.Decoder(Night)


def pack(night: Night) -> bytes:
    return msgspec.msgpack.encode(night)


def unpack(packed: bytes) -> Night:
    return _NIGHT.decode(packed)


def unusable(folder: Path) -> str:
    """Why nothing can be kept there; "" where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return str(error.strerror)
    return "" if os.access(folder, os.W_OK | os.X_OK) else "permission denied"


def _checked(packed: bytes) -> bytes:
    return zlib.crc32(packed).to_bytes(CHECKSUM_BYTES) + packed


class Cache:
    """Done without where it cannot be read or written: then each build reads every file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"nights-{FORMAT}-{SCHEMA_VERSION}"
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, digest: str) -> bytes | None:
        """A packed night. None for one that has changed since: a machine that lost its power may leave a file empty."""
        try:
            kept = self._path(digest).read_bytes()
        except OSError:
            return None
        packed = kept[CHECKSUM_BYTES:]
        return packed if kept == _checked(packed) else None

    def put(self, digest: str, packed: bytes) -> None:
        """Whole or not at all: two builds may write at once, and either may be stopped."""
        partial = self._path(digest).with_suffix(f".{os.getpid()}")
        try:
            partial.write_bytes(_checked(packed))
            partial.replace(self._path(digest))
        except OSError:  # a full disk, too, whose half of a file is of no use
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.msgpack"
