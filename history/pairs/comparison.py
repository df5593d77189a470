"""What is compared: kept in the folder of pairs, so that a second run cannot mix another comparison into it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.record.comparable import field_differences
from history.pairs.plan import Plan
from history.records import BadInput

NAME = "comparison.json"


class Side(msgspec.Struct, frozen=True):
    commit: str
    python: str
    workers: tuple[str, ...]  # pytest's --worker, FRAMEWORK=SPEC

    def told_from(self, repository: Path) -> Side:
        """With paths in the repository told from there: in a checkout elsewhere, as another runner's, it is the same."""
        inside = f"{repository}/"
        workers = tuple(each.replace(inside, "") for each in self.workers)
        return msgspec.structs.replace(self, python=self.python.replace(inside, ""), workers=workers)


class Comparison(msgspec.Struct, frozen=True):
    base: Side
    head: Side
    pytest_arguments: tuple[str, ...]
    plan: Plan
    drop_clear_cases: bool  # False where every case's spread is wanted, not an answer
    across_environments: bool

    def side(self, name: str) -> Side:
        return {"base": self.base, "head": self.head}[name]

    def told_from(self, repository: Path) -> Comparison:
        return msgspec.structs.replace(self, base=self.base.told_from(repository), head=self.head.told_from(repository))


def load(folder: Path) -> Comparison | None:
    """None for a folder that was not collected by this program. Raises BadInput for a file that is no comparison."""
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Comparison)
    except FileNotFoundError:
        return None
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise BadInput(f"{path}: not the description of a comparison ({error}). Remove the folder, or give another one.") from error


def keep(folder: Path, comparison: Comparison) -> None:
    """Raises BadInput where the folder holds another comparison, or pairs whose origin is unknown."""
    kept = load(folder)
    if kept is None:
        if any(folder.glob("*-base.json")) or any(folder.glob("*-head.json")):
            raise BadInput(f"{folder}: holds pairs of another origin. Give an empty folder to --into.")
        (folder / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(comparison), indent=2))
        return
    if found := field_differences(kept, comparison):
        told = "; ".join(each.told for each in found)
        raise BadInput(f"{folder}: holds another comparison (there → here: {told}). Give another folder to --into.")
