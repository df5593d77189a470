"""A folder of pairs: NN-base.json and NN-head.json, each written by one fresh process."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from history.records import BadInput

_NAME = re.compile(r"(?P<number>\d+)-(?P<side>base|head)\.json(?:\.gz)?")  # packed ones are read as well


class PairFiles(msgspec.Struct, frozen=True):
    number: int
    base: Path
    head: Path


def pair_files(folder: Path) -> tuple[PairFiles, ...]:
    """All pairs in the order of their numbers. Raises BadInput for an empty folder and for a file without its partner."""
    sides = side_files(folder)
    if not sides["base"] and not sides["head"]:
        raise BadInput(f"{folder}: no pairs in there. Each is two files: 01-base.json and 01-head.json, written with --benchmark-json.")
    for side, other in (("base", "head"), ("head", "base")):
        for number in sorted(sides[side].keys() - sides[other].keys()):
            raise BadInput(f"{sides[side][number]}: its partner is missing ({number:02d}-{other}.json). Measure it, or remove this one.")
    return tuple(PairFiles(number, sides["base"][number], sides["head"][number]) for number in sorted(sides["base"]))


def side_files(folder: Path) -> dict[str, dict[int, Path]]:
    """Files of either side by their number. Raises BadInput for a number that is there twice."""
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder.")
    sides: dict[str, dict[int, Path]] = {"base": {}, "head": {}}
    for path in sorted(folder.iterdir()):
        if match := _NAME.fullmatch(path.name):
            known, number = sides[match["side"]], int(match["number"])
            if number in known:
                raise BadInput(f"{path}: pair {number} is there twice ({known[number].name}). Remove one.")
            known[number] = path
    return sides


def side_file(folder: Path, number: int, side: str) -> Path:
    return folder / f"{number:02d}-{side}.json"
