"""How to measure the same cases again, on a machine of one's own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from harness.findings.outputs.markdown import code
from history.measured.folder import Folder
from history.measured.session import Session

TITLE = "Measure it again"
_READABLE = re.compile(r"[\w\[\]:./=-]+")  # what needs no more than double quotes, which are easier to read than shlex's


def blocks(folder: Folder) -> Iterator[str]:
    yield (
        "The files do not tell the command that made them. These measure the same cases with the same hyperparameters, in an environment"
        " that has the frameworks, on a machine like this one:"
    )
    for session in folder.sessions:
        yield f"{code(session.name)}:"
        yield f"```sh\n{command(session, folder.place)}\n```"


def command(session: Session, place: str) -> str:
    """For a shell. place: of the session's folder, as seen from where the command is given."""
    cases = [_quoted(row.fullname) for row in session.run.rows if row.measurement]
    return " \\\n  ".join([f"pytest {cases[0]}", *cases[1:], f"--experiment={_quoted(f'{place}/{session.name}')}"])


def _quoted(word: str) -> str:
    return f'"{word}"' if "[" in word and _READABLE.fullmatch(word) else shlex.quote(word)
