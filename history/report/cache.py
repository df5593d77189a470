"""Files that were read before, by the hash of their content: a night is condensed once."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from harness.record.measurement import SCHEMA_VERSION
from history.report.night import Night

FORMAT = 5  # of Night and of a run's data, and of how they are made: raise it with any of them

_NIGHT = msgspec.msgpack.Decoder(Night)


def pack(night: Night) -> bytes:
    return msgspec.msgpack.encode(night)


def unpack(packed: bytes) -> Night:
    return _NIGHT.decode(packed)


class Cache:
    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"nights-{FORMAT}-{SCHEMA_VERSION}"
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, digest: str) -> bytes | None:
        """A packed night."""
        try:
            return self._path(digest).read_bytes()
        except OSError:
            return None

    def put(self, digest: str, packed: bytes) -> None:
        """Whole or not at all: two builds may write at once, and either may be stopped."""
        partial = self._path(digest).with_suffix(f".{os.getpid()}")
        partial.write_bytes(packed)
        partial.replace(self._path(digest))

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.msgpack"
