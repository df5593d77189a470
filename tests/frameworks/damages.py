"""What may befall a saved model's file, for as long as a context lasts, and what is said of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.frameworks.contract import FormatError
from harness.phases.model_formats.model_file import ModelFile

# Where a wrong byte is a weight, or the tables that say where the weights are: in a folder it is this file.
WEIGHTS_OF_A_FOLDER = "variables/variables.data-00000-of-00001"
GRAPH_OF_A_FOLDER = "saved_model.pb"


def weights_file(file: ModelFile) -> Path:
    return file.path / WEIGHTS_OF_A_FOLDER if file.path.is_dir() else file.path


def whole_file(file: ModelFile) -> Path:
    """What makes it a model of its format: in a folder it is the graph."""
    return file.path / GRAPH_OF_A_FOLDER if file.path.is_dir() else file.path


def refusal(step: Callable[[], Any]) -> str:
    """What a FormatError says; "" where there is none. Another error is none of ours, and ends the test."""
    try:
        step()
    except FormatError as error:
        return f"{type(error).__name__}: {error}"
    return ""


@contextmanager
def hidden(path: Path) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as elsewhere:
        aside = path.rename(Path(elsewhere) / path.name)
        try:
            yield
        finally:
            aside.rename(path)


@contextmanager
def holding(path: Path, content: bytes) -> Iterator[None]:
    with hidden(path):
        path.write_bytes(content)
        try:
            yield
        finally:
            path.unlink()


def truncated(path: Path, stranger: bytes) -> Any:
    return holding(path, path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path, stranger: bytes) -> Any:
    return holding(path, b"")


def strange(path: Path, stranger: bytes) -> Any:
    return holding(path, stranger)


@contextmanager
def flipped(path: Path, stranger: bytes) -> Iterator[None]:
    """The byte in the middle, in place."""
    place = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
    for value in (byte ^ 0xFF, byte):
        with path.open("r+b") as file:
            file.seek(place)
            file.write(bytes([value]))
        if value != byte:
            yield


@contextmanager
def resealed(file: ModelFile) -> Iterator[None]:
    with hidden(file.seal):
        file.put_seal()
        try:
            yield
        finally:
            file.seal.unlink()


DAMAGES: dict[str, Callable[[Path, bytes], Any]] = {"truncated": truncated, "empty": empty, "strange": strange, "flipped": flipped}
