"""Reads many files, one at a time a process: what is in memory is what is kept of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec

from history.packing import SUFFIX
from history.records import TO_SHOW, BadInput, parse
from history.report.cache import Cache, pack, unpack
from history.report.condensing import condensed
from history.report.night import Night

POOL_PAYS_BYTES = 100_000_000  # starting processes takes as long as reading so much
PACKED_TO = 10  # what is packed is about so many times as much to read


class Read(msgspec.Struct, frozen=True):
    """A file's night, packed as the cache has it, or why it has none."""

    path: str
    packed: bytes | None
    refusal: str = ""

    @property
    def night(self) -> Night | None:
        return None if self.packed is None else unpack(self.packed)


def read_all(paths: Sequence[Path], cache_folder: Path) -> Iterator[Read]:
    """In the order of `paths`."""
    read = partial(_read, cache_folder=cache_folder)
    if sum(path.stat().st_size * (PACKED_TO if path.suffix == SUFFIX else 1) for path in paths) < POOL_PAYS_BYTES:
        yield from map(read, paths)
        return
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("forkserver")) as pool:
        yield from pool.map(read, paths, chunksize=4)


def _read(path: Path, cache_folder: Path) -> Read:
    cache = Cache(cache_folder)
    try:
        content = path.read_bytes()
    except OSError as error:
        return Read(str(path), None, f"cannot be read ({error.strerror}).")
    digest = hashlib.sha256(content).hexdigest()
    packed = cache.get(digest)
    if packed is None:
        try:
            packed = pack(condensed(parse(path, content, TO_SHOW)))
        except BadInput as error:
            return Read(str(path), None, str(error).removeprefix(f"{path}: "))
        cache.put(digest, packed)
    return Read(str(path), packed)
