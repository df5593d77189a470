"""Files that were read before, by the hash of their content: a night is condensed once."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from fixtures.measurement import SCHEMA_VERSION
from history.report.night import Night

FORMAT = 1  # of Night, and of how it is made: raise it with either

_NIGHT = msgspec.msgpack.Decoder(Night)


class Cache:
    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"nights-{FORMAT}-{SCHEMA_VERSION}"
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, digest: str) -> Night | None:
        """None too for an entry that cannot be read."""
        try:
            return _NIGHT.decode(self._path(digest).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, digest: str, night: Night) -> None:
        """Whole or not at all: two builds may write at once, and either may be stopped."""
        partial = self._path(digest).with_suffix(f".{os.getpid()}")
        partial.write_bytes(msgspec.msgpack.encode(night))
        partial.replace(self._path(digest))

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.msgpack"
