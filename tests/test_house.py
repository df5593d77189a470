"""The house: which package may import which, how large a file may be, and where a framework or a phase is known by name."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.frameworks import FRAMEWORKS
from harness.phases import PHASES

PROJECT = Path(__file__).parents[1]
# Each may import those before it. `history` stands beside them: of the instrument it knows the record and the findings alone.
ROOMS = ("harness.record", "fixtures", "harness.frameworks", "harness.worker", "harness.phases", "harness.findings", "harness.session")
OF_HISTORY = ("harness.record", "harness.findings")
DECLARATIONS = ("__init__", "declaration", "figures", "ladders", "phase")  # of the phases: they know the record, and each other
MOST_LINES = 300
NO_CODE = (
    "fonts/",
    "style.css",
    "docs/",
    "README.md",
    ".json",
    ".png",
    ".svg",
    ".toml",
    ".yml",
    ".gitignore",
    ".ci/",
    "tox.ini",
)


@functools.cache
def tracked(*endings: str) -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    paths = [PROJECT / line for line in done.stdout.splitlines()]
    return [path for path in paths if path.is_file() and (not endings or path.suffix in endings)]


def module(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def modules() -> frozenset[str]:
    return frozenset(module(path) for path in tracked(".py"))


def imported(path: Path) -> Iterator[str]:
    """The modules of this project that a file imports, wherever in it: also for its types alone."""
    known = modules()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                inside = module(path).split(".") if path.name == "__init__.py" else module(path).split(".")[:-1]
                base = ".".join([*inside[: len(inside) - node.level + 1], *filter(None, [node.module])])
            for alias in node.names:
                name = f"{base}.{alias.name}"
                if name in known or base in known:
                    yield name if name in known else base


def room(name: str, rooms: tuple[str, ...] = ROOMS) -> str | None:
    return next((each for each in rooms if name == each or name.startswith(f"{each}.")), None)


def files_of(*folders: str) -> list[Path]:
    return [path for path in tracked(".py") if path.relative_to(PROJECT).parts[0] in folders]


def test_imports_go_one_way() -> None:
    wrong = []
    for path in files_of("harness", "fixtures"):
        own = room(module(path))
        allowed = ROOMS if own is None else ROOMS[: ROOMS.index(own) + 1]
        for name in imported(path):
            if name.partition(".")[0] not in ("harness", "fixtures") or (room(name) is not None and room(name) not in allowed):
                wrong.append(f"{module(path)} imports {name}")
    assert wrong == []


def test_a_phase_is_declared_without_a_framework() -> None:
    wrong = []
    for path in files_of("harness"):
        if path.stem in DECLARATIONS and room(module(path)) == "harness.phases":
            own = (name for name in imported(path) if name.rpartition(".")[2] not in ("phases", *DECLARATIONS))
            wrong += [f"{module(path)} imports {name}" for name in own if room(name) != "harness.record"]
    assert wrong == []


def test_history_knows_the_record_and_the_findings_alone() -> None:
    wrong = []
    for path in files_of("history"):
        beyond = (name for name in imported(path) if not name.startswith("history"))
        wrong += [f"{module(path)} imports {name}" for name in beyond if room(name) not in OF_HISTORY]
    assert wrong == []


def test_no_circle_between_packages() -> None:
    """A room is a package with all that is in it, as is each folder of `history`."""
    needs: dict[str, set[str]] = {}
    for path in files_of("harness", "fixtures", "history"):
        own = package(module(path))
        needs.setdefault(own, set()).update({package(name) for name in imported(path)} - {own})
    graphlib.TopologicalSorter(needs).prepare()  # raises CycleError, which names the circle


def test_no_circle_between_modules() -> None:
    """Within a room too, and between a folder and what is below it."""
    needs = {module(path): set(imported(path)) - {module(path)} for path in files_of("harness", "fixtures", "history")}
    graphlib.TopologicalSorter(needs).prepare()


def package(name: str) -> str:
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] in ("harness", "history") else parts[0]


def test_no_file_is_long() -> None:
    measured = [path for path in tracked() if not any(part in str(path.relative_to(PROJECT)) for part in NO_CODE)]
    lines = {str(path.relative_to(PROJECT)): len(path.read_text(encoding="utf-8").splitlines()) for path in measured}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_a_framework_is_known_by_name_in_its_own_folder_alone() -> None:
    """A model has a file for each: that is how a model comes, and the models are no part of the instrument."""
    assert known_elsewhere(FRAMEWORKS) == []


def test_a_phase_is_known_by_name_in_its_own_folder_alone() -> None:
    """Of those whose names are no ordinary words."""
    assert known_elsewhere(name for name in PHASES if "_" in name) == []


def known_elsewhere(names: Iterable[str]) -> list[str]:
    """Where the instrument or the history has one of the names, or a module below it, as a string outside a folder of that name."""
    patterns = {name: re.compile(rf"(?:[\w.]*\.)?{re.escape(name)}(?:\.[\w.]*)?") for name in names}
    found = []
    for path in files_of("harness", "history"):
        tree = ast.parse(path.read_text())
        exported = {text for node in tree.body if is_export(node) for text in ast.walk(node)}  # functions of the contract are called so too
        texts = {node.value: node.lineno for node in ast.walk(tree) if is_text(node) and node not in exported}
        own = path.relative_to(PROJECT).parts
        for name, pattern in patterns.items():
            found += [f"{module(path)}:{line}: {text!r}" for text, line in texts.items() if name not in own and pattern.fullmatch(text)]
    return found


def is_export(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_process_of_pytest_imports_no_framework() -> None:
    """Neither do the gate and the page, which read what a session has written."""
    program = (
        "import sys, history.__main__, harness.session.measuring; print([name for name in ('torch', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
