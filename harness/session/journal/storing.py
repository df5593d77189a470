"""The files of a session, made from its journal where pytest-benchmark does not come to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.storage.file import FileStorage
from pytest_benchmark.utils import SafeJSONEncoder

PLUGIN = "pytest-benchmark"  # its session, as pytest knows it


def session_of(config: pytest.Config) -> Any:
    """pytest-benchmark's: its options, and what it has of benchmarks."""
    return config.pluginmanager.get_plugin(PLUGIN)


def saved(config: pytest.Config) -> set[Path]:
    """The files of its storage; of one that is a server's none."""
    session = session_of(config)
    return set(session.storage.query()) if is_a_folder(session) else set()


def is_a_folder(session: Any) -> bool:
    """pytest-benchmark's storage, which may be a server's, too."""
    return isinstance(session.storage, FileStorage)


def rehearse(config: pytest.Config, document: dict[str, Any]) -> list[str]:
    """Whether there is room for the files. What cannot be written is not tried by pytest-benchmark either, whose tables would go with it.

    Gives a line for each of them.
    """
    session = session_of(config)
    told = []
    if session.json and (problem := _reserved(Path(session.json), document)):
        told.append(f"--benchmark-json: {session.json} cannot be written ({problem})")
        session.json = None
    if (session.save or session.autosave) and is_a_folder(session):
        path = Path(session.storage.get("any"))
        if problem := _reserved(path, document):
            told.append(f"{'--benchmark-save' if session.save else '--benchmark-autosave'}: {path.parent} cannot be written ({problem})")
            session.save = session.autosave = None
    return told


def store(config: pytest.Config, document: dict[str, Any], before: set[Path]) -> Iterator[Path]:
    """In the place of pytest-benchmark; gives each file that is written. before: what its storage had. Raises OSError."""
    session = session_of(config)
    own = {each["fullname"] for each in document["benchmarks"]}
    others = [each for each in session.benchmarks if each and not each.has_error and each.fullname not in own]  # a user's own
    if session.json:
        put(Path(session.json), encoded(_with(document, [each.as_dict() for each in others])))
        yield Path(session.json)
    if (session.save or session.autosave) and is_a_folder(session) and saved(config) == before:
        whole = _with(document, [each.as_dict(include_data=session.save_data) for each in others])
        session.storage.save(whole if session.save_data else _without_data(whole), session.save or session.autosave)
        yield from saved(config) - before


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


def encoded(document: dict[str, Any]) -> bytes:
    """As pytest-benchmark writes it."""
    return json.dumps(document, cls=SafeJSONEncoder, ensure_ascii=True, indent=4).encode()


def _reserved(path: Path, document: dict[str, Any]) -> str:
    """Takes so many bytes beside the file, and gives them back. Why it could not be written; "" where it can."""
    rehearsal = path.with_name(f"{path.name}.rehearsal")
    try:
        descriptor = os.open(rehearsal, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.posix_fallocate(descriptor, 0, len(encoded(document)))
        finally:
            os.close(descriptor)
            rehearsal.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _with(document: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any]:
    return document | {"benchmarks": [*others, *document["benchmarks"]]}


def _without_data(document: dict[str, Any]) -> dict[str, Any]:
    """As --benchmark-autosave stores it, where --benchmark-save-data is not given."""
    stats = [{name: value for name, value in each["stats"].items() if name != "data"} for each in document["benchmarks"]]
    return document | {"benchmarks": [{**each, "stats": own} for each, own in zip(document["benchmarks"], stats, strict=True)]}
