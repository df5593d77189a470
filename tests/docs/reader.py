"""What somebody who follows the pages has: the files that they tell to write, and the words that stand for the reader's own."""

from __future__ import annotations

import multiprocessing
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.pages import DOCS, PROJECT
from tests.session.conftest import LIGHT
from tests.test_your_own_model import written

EXPERIMENTS = {
    "mine.json": re.compile(r'^```json title="mine.json"\n(.*?)^```$', re.MULTILINE | re.DOTALL),
    "short.json": re.compile(r"`(\{[^`]*?\})` in\s+`short.json`"),
}
PLACEHOLDERS = {"FOLDER": "digits", "NAME": "mlp", "NAME|FOLDER": "mlp"}
OUTPUT = "--benchmark-json="  # pytest-benchmark opens the file as soon as it reads the option
DEADLINE_SECONDS = 300
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload([__name__])


def equipped(folder: Path) -> Path:
    """The folder, with the model of the page on models, and the experiments of the pages."""
    written(folder, "")
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md")))
    for name, pattern in EXPERIMENTS.items():
        (folder / name).write_text(pattern.search(text)[1], encoding="utf-8")  # type: ignore[index]
    return folder


def arguments(command: str, folder: Path) -> list[str]:
    """The command's words, the reader's own files named where they lie."""
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
    words = [f"{OUTPUT}{folder / word.removeprefix(OUTPUT)}" if word.startswith(OUTPUT) else word for word in words]
    return [str(folder / word) if (folder / word).exists() else word for word in words]


class Collected(NamedTuple):
    returncode: int
    output: str


def collected(words: list[str]) -> Collected:
    """What pytest says to these arguments, without running anything: in a fork of a process that has imported it, as there are many."""
    with tempfile.NamedTemporaryFile("r") as output:
        process = FORKING.Process(target=_collect, args=([*words, "--collect-only", "-q", *LIGHT], output.name))
        process.start()
        process.join(DEADLINE_SECONDS)
        process.kill()  # one that has ended stays as it is
        process.join()
        assert process.exitcode is not None
        return Collected(process.exitcode, output.read())


def _collect(words: list[str], output: str) -> None:
    os.chdir(PROJECT)
    sys.argv = ["pytest", *words]
    for stream in (1, 2):
        os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND), stream)
    sys.exit(int(pytest.main(words)))
