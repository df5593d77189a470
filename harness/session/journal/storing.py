"""The files of a session, made from its journal where pytest-benchmark does not come to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.utils import SafeJSONEncoder

PLUGIN = "pytest-benchmark"  # its session, as pytest knows it


def session_of(config: pytest.Config) -> Any:
    """pytest-benchmark's: its options, and what it has of benchmarks."""
    return config.pluginmanager.get_plugin(PLUGIN)


def is_over(config: pytest.Config) -> bool:
    """Whether pytest-benchmark has written its files, whatever happened behind that: it groups its benchmarks next."""
    return session_of(config).groups is not None


def targets(config: pytest.Config) -> Iterator[tuple[str, Path]]:
    """The option and the folder or file that pytest-benchmark will write."""
    session = session_of(config)
    if session.json:
        yield "--benchmark-json", Path(session.json)
    if session.save or session.autosave:
        named = "--benchmark-save" if session.save else "--benchmark-autosave"
        yield named, Path(session.storage.get("any")).with_name("being-written.json")


def rehearse(config: pytest.Config, document: dict[str, Any]) -> list[str]:
    """Whether there is room for the files. What cannot be written is not tried by pytest-benchmark either, whose tables would go with it.

    Gives a line for each of them.
    """
    session = session_of(config)
    told = []
    for option, path in targets(config):
        try:
            reserve(path, len(encoded(document)))
        except OSError as error:
            told.append(f"{option}: {path.parent if 'save' in option else path} cannot be written ({error.strerror})")
            if option == "--benchmark-json":
                session.json = None
            else:
                session.save = session.autosave = None
    return told


def store(config: pytest.Config, document: dict[str, Any]) -> list[Path]:
    """In the place of pytest-benchmark. Gives what is written. Raises OSError."""
    session = session_of(config)
    written = []
    if session.json:
        put(Path(session.json), encoded(document))
        written.append(Path(session.json))
    if session.save or session.autosave:
        before = set(session.storage.query())
        session.storage.save(document, session.save or session.autosave)
        written += set(session.storage.query()) - before
    return written


def put(path: Path, content: bytes) -> None:
    """Whole or not at all. Raises OSError."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def reserve(path: Path, size: int) -> None:
    """Takes so many bytes beside the file, and gives them back. Raises OSError where it could not be written, or where there is no room."""
    rehearsal = path.with_name(f"{path.name}.rehearsal")
    descriptor = os.open(rehearsal, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.posix_fallocate(descriptor, 0, max(size, 1))
    finally:
        os.close(descriptor)
        rehearsal.unlink()


def encoded(document: dict[str, Any]) -> bytes:
    """As pytest-benchmark writes it."""
    return json.dumps(document, cls=SafeJSONEncoder, ensure_ascii=True, indent=4).encode()
