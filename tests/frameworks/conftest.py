"""Frameworks are not importable in the pytest process: what is tested of them runs in their own interpreters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.frameworks.interpreters import Interpreter
from tests.frameworks.interpreters import interpreter as interpreter

RunIn = Callable[[str, str], Any]


@pytest.fixture(scope="session")
def run_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunIn]:
    """`run_in(framework, code)`: runs the code as a `matched` worker is run; gives what it leaves in `result`, by way of JSON.

    The code can import `fixtures` and the files of this folder.
    """
    interpreters: dict[str, Interpreter] = {}

    def run(framework: str, code: str) -> Any:
        if framework not in interpreters:
            interpreters[framework] = Interpreter(framework, tmp_path_factory.mktemp(framework))
        return interpreters[framework].result(code)

    yield run
    for each in interpreters.values():
        each.close()
