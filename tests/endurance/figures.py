"""Figures wherever they are kept: in a journal and in a JSON. Read here anew, without what the suite reads them by."""

from __future__ import annotations

import fcntl
import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import msgspec

OK = "ok"


class Side(msgspec.Struct, frozen=True):
    fullname: str  # pytest's node id
    case: str  # its axes, as text
    figures: str  # a digest of the whole measurement
    outcome: str

    @property
    def comparison(self) -> str:
        """What it shares with its other sides."""
        axes = json.loads(self.case)
        return text({name: value for name, value in axes.items() if name != "framework"})


class Held(msgspec.Struct, frozen=True):
    """What a file has."""

    sides: tuple[Side, ...] = ()
    is_torn: bool = False  # its end was cut off
    lines: tuple[int, ...] = ()  # of a journal: how many sides each complete comparison has, in the order that they were written
    pieces: int = 0

    @property
    def by_name(self) -> dict[str, Side]:
        return {each.fullname: each for each in self.sides}

    @property
    def cases(self) -> set[str]:
        return {each.case for each in self.sides}


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def digest(measurement: Any) -> str:
    return hashlib.sha256(text(measurement).encode()).hexdigest()[:16]


def of_journal(path: Path) -> Held:
    *whole, rest = path.read_bytes().split(b"\n")
    contents, is_torn = [], bool(rest)
    for line in whole:
        length, checksum, content = line.split(b" ", 2)
        if int(length) != len(content) or int(checksum, 16) != zlib.crc32(content):
            is_torn = True
            continue
        contents.append(json.loads(content))
    compared = [each["sides"] for each in contents if each["type"] == "compared"]
    sides = tuple(_side(each["fullname"], each["measurement"]) for line in compared for each in line)
    return Held(sides, is_torn, tuple(len(each) for each in compared), sum(each["type"] == "piece" for each in contents))


def of_document(document: dict[str, Any]) -> Held:
    """A JSON as pytest-benchmark stores it."""
    measured = tuple(_side(each["fullname"], each["extra_info"]["measurement"]) for each in document["benchmarks"])
    return Held(measured + tuple(_side(each["fullname"], each["measurement"]) for each in document["unmeasured"]))


def statistics_of(document: dict[str, Any]) -> dict[str, str]:
    """pytest-benchmark's own numbers of each test, as text."""
    return {each["fullname"]: text(each["stats"]) for each in document["benchmarks"]}


def is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _side(fullname: str, measurement: dict[str, Any]) -> Side:
    return Side(fullname, text(measurement["case"]), digest(measurement), measurement["outcome"])
