"""How far the collection is: a bar with the time left in a terminal, a line a process elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from history.collect.schedule import Pair
from history.pairs.plan import FIRST_PAIRS

_WHOLE_RUN_SECONDS = 7 * 24 * 3600.0  # rich forgets older steps when it estimates; ours take minutes


class CollectionProgress:
    """Counts processes × cases. The total is what is certain by now: suspects add theirs once they are known."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=_WHOLE_RUN_SECONDS,
        )
        self._task = self._progress.add_task("starting", total=None, left="")  # how long it takes is known after a process
        self._done = 0

    def __enter__(self) -> CollectionProgress:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._progress.stop()

    def turn(self, pair: Pair, side: str) -> None:
        which = f"suspects ({len(pair.cases)})" if pair.cases else "all cases"
        text = f"pair {pair.number}, {side}: {which}"
        self._progress.update(self._task, description=text)
        if not self._progress.console.is_terminal:
            self._progress.console.print(text, highlight=False)

    def measured(self, pair: Pair, cases: int, processes_of_pair_left: int, last_all_cases_pair: int) -> None:
        """`cases` were measured. What is certain to follow: the rest of this pair, and the pairs that every case gets."""
        self._done += cases
        pairs_left = max(0, (last_all_cases_pair if not pair.cases else pair.number) - pair.number)
        total = self._done + cases * (processes_of_pair_left + 2 * pairs_left)
        self._progress.update(self._task, completed=self._done, total=total, left="left:")


def last_all_cases_pair(drop_clear_cases: bool, max_pairs: int) -> int:
    return min(FIRST_PAIRS, max_pairs) if drop_clear_cases else max_pairs
