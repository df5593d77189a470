"""The copy of this project that a worker elsewhere runs: the same files as here, or its figures are another suite's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
MEASURING = ("fixtures", "harness/record", "harness/frameworks", "harness/phases", "harness/worker")
ENDINGS = (".py", ".toml", ".json")
# Without an import of the copy: another commit's need not have what this one would ask for.
DIGESTS = """
import hashlib, pathlib
def digests(root, rooms, endings):
    root = pathlib.Path(root)
    files = (path for room in rooms for path in (root / room).rglob("*") if path.suffix in endings)
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
"""
ELSEWHERE = f"""{DIGESTS}
import importlib.util, sys
paths, rooms, endings = channel.receive()
sys.path[:0] = paths
found = importlib.util.find_spec("harness")
root = found and pathlib.Path(found.submodule_search_locations[0]).resolve().parent
channel.send((str(root), digests(root, rooms, endings)) if root else None)
"""


def difference(run: Callable[..., Any], import_paths: list[str], seconds: float) -> str | None:
    """What differs, as a sentence with the mend. None where nothing does, and where there is no copy, which its start tells.

    run: has the code run elsewhere, with these arguments.
    """
    answer = run(ELSEWHERE, import_paths, MEASURING, ENDINGS).receive(seconds)
    if answer is None:
        return None
    folder, there = answer
    here = _here()
    files = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    if not files:
        return None
    others = f", the first of {len(files)} such files" if len(files) > 1 else ""
    return (
        f"(its copy of this project, {folder}, is another one: {files[0]} is not as here{others}). "
        "Check the same commit out there, or name the folder that has it with //chdir=PATH"
    )


def _here() -> dict[str, str]:
    names: dict[str, Any] = {}
    exec(DIGESTS, names)
    found: dict[str, str] = names["digests"](ROOT, MEASURING, ENDINGS)
    return found
