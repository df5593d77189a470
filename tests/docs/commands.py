"""How each command of the documentation is checked. One that stands in no row fails its test."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """Of a check."""

    COLLECTED = "collected"  # by pytest, with its options: it has to find tests
    TOX = "tox"  # its label is in tox.ini, and what it passes on to pytest is collected
    PARSED = "parsed"  # by the parser of `python -m history`
    FOLLOWED = "followed"  # run, in the order of the page, by tests/docs/test_followed.py
    NAMED = "named"  # a command of `python -m history` that a sentence names: it is one
    MODULE = "module"  # a program of this project: it is there
    TOOL = "tool"  # run by `tox run -m tests`
    SYNTAX = "syntax"  # a line for the shell itself
    NETWORK = "network"  # installs, or talks to another machine: nobody can run it here
    GPU = "gpu"  # needs one, and is collected


# The first row whose pattern is the whole command.
ROWS: tuple[tuple[str, Kind], ...] = (
    (r"pip install .*? && tox run -m (bench|bench-cuda|tests)( -- .*)?", Kind.TOX),
    (r"tox run -m .*", Kind.TOX),
    (r"(pip install|apt-get install|git clone|git config|ssh|scp|tox run -e|docker compose) .*", Kind.NETWORK),
    (r"python3 -m venv .*", Kind.SYNTAX),
    (r"export .*", Kind.SYNTAX),
    (r"pytest benchmarks --benchmark-(autosave|compare|json=out\.json --benchmark-histogram)", Kind.FOLLOWED),
    (r"pytest-benchmark compare", Kind.FOLLOWED),
    (r"python -m history (recover|report (\.benchmarks|nights) --output site|keep \.benchmarks/\S+ --into nights)", Kind.FOLLOWED),
    (r"python -m history( [a-z-]+)?", Kind.NAMED),
    (r"pytest benchmarks --require-gpu .*", Kind.GPU),
    (r"(\.tox/pytorch/bin/torchrun|srun|mpirun) .* pytest benchmarks/.*", Kind.COLLECTED),
    (r"pytest \"?(benchmarks|tests/).*", Kind.COLLECTED),
    (r"\.tox/suite/bin/python -m pytest tests/.*", Kind.COLLECTED),
    (r"(\.tox/suite/bin/)?python -m history .*", Kind.PARSED),
    (r"python -m tests\..*", Kind.MODULE),
    (r"\.tox/suite/bin/(ruff|mypy).*", Kind.TOOL),
)


def kind(command: str) -> Kind | None:
    return next((each for pattern, each in ROWS if re.fullmatch(pattern, command)), None)
