"""How far the collection is: how long is left is said once a process has told how long one takes."""

from __future__ import annotations

import io

from rich.console import Console

from history.collect.progress import CollectionProgress
from history.collect.schedule import Pair


def last_line(measured: bool) -> str:
    out = io.StringIO()
    pair = Pair(1, ())
    with CollectionProgress(Console(file=out, width=200)) as progress:
        progress.turn(pair, "base")
        if measured:
            progress.measured(pair, 2, 1, 3)
    return out.getvalue().splitlines()[-1]


def test_nothing_is_left_where_nobody_knows_yet() -> None:
    assert "pair 1, base: all cases" in last_line(measured=False)
    assert "left" not in last_line(measured=False)


def test_then_it_is_told() -> None:
    assert "left:" in last_line(measured=True)
