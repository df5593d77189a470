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

from history.records import TO_SHOW, BadInput, parse
from history.report.cache import Cache
from history.report.condensing import condensed
from history.report.night import Night

POOL_PAYS_BYTES = 100_000_000  # starting processes takes as long as reading so much
IDENTITY_DIGITS = 12


class Read(msgspec.Struct, frozen=True):
    """A file's night, or why it has none."""

    path: str
    digest: str
    night: Night | None
    refusal: str = ""


def read_all(paths: Sequence[Path], cache_folder: Path) -> Iterator[Read]:
    """In the order of `paths`."""
    read = partial(_read, cache_folder=cache_folder)
    if sum(path.stat().st_size for path in paths) < POOL_PAYS_BYTES:
        yield from map(read, paths)
        return
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("forkserver")) as pool:
        for packed in pool.map(partial(_packed, cache_folder=cache_folder), paths, chunksize=4):
            yield msgspec.msgpack.decode(packed, type=Read)


def _packed(path: Path, cache_folder: Path) -> bytes:
    return msgspec.msgpack.encode(_read(path, cache_folder))


def _read(path: Path, cache_folder: Path) -> Read:
    cache = Cache(cache_folder)
    try:
        content = path.read_bytes()
    except OSError as error:
        return Read(str(path), "", None, f"cannot be read ({error.strerror}).")
    digest = hashlib.sha256(content).hexdigest()
    night = cache.get(digest)
    if night is None:
        try:
            night = condensed(parse(path, content, TO_SHOW), digest[:IDENTITY_DIGITS])
        except BadInput as error:
            return Read(str(path), digest, None, str(error).removeprefix(f"{path}: "))
        cache.put(digest, night)
    return Read(str(path), digest, night)
