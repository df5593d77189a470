"""One session of the stand-ins: it runs, is ended as planned, and what it has left is read."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.endurance import plugin
from tests.endurance.disk import Disk, Limit
from tests.endurance.figures import Held, of_document, of_journal, statistics_of
from tests.endurance.plan import Ending, Moment, Plan
from tests.endurance.telling import VARIABLE, Event, Told
from tests.session.conftest import DEADLINE_SECONDS, InnerRun

DISK, FILE, STORAGE = "disk", "disk/out.json", "disk/storage"
LATE_SECONDS = 0.2  # of an event that was told and not read yet
LEAVING_SECONDS = 30.0  # of a worker that notices that its session is gone
CASES = "not data_pipeline and not memory"
FURTHER = """
@pytest.mark.cases(phase="fine_tuning", workload="experiment", style="stock")
def test_fine_tuning(measure):
    measure()
"""
OPTIONS = (
    "-p", plugin.__name__, "-k", CASES, "--benchmark-max-time=0.02", f"--benchmark-json={FILE}", f"--benchmark-storage=file://./{STORAGE}",
    "--benchmark-autosave",
)  # fmt: skip


class Ended(msgspec.Struct, frozen=True):
    """A session that is over."""

    code: int
    output: str
    events: list[Event]
    journal: Held | None  # None where there is no file
    stored: Held | None
    is_stored_torn: bool  # the JSON is no JSON
    statistics: dict[str, str]  # pytest-benchmark's, of what is stored
    left: list[str]  # processes, folders and files that it should have taken with it
    was_ended: bool  # else it has come to its end before its moment came
    had_second: bool = False
    freed: bool = False  # the disk had room again, and the session went on

    def of(self, event: str) -> list[Event]:
        return [each for each in self.events if each["event"] == event]

    @property
    def seen(self) -> dict[str, str]:
        """The figures of each test that has passed, by its node id."""
        return {each["fullname"]: each["figures"] for each in self.of("seen")}

    @property
    def begun(self) -> set[str]:
        """The cases that a worker has been asked for."""
        return {json.dumps(each["case"], sort_keys=True) for each in self.of("began")}

    @property
    def kept(self) -> Held:
        """What is there for the next one."""
        return self.journal or Held()


def prepared(folder: Path) -> InnerRun:
    inner = InnerRun(folder)
    inner.use("watched", "watched_queued")
    benchmark = folder / "benchmarks" / "test_inner.py"
    benchmark.write_text(benchmark.read_text() + FURTHER)
    (folder / DISK).mkdir()
    return inner


class Session:
    def __init__(self, inner: InnerRun, cache: Path, *arguments: str, raises: str = "") -> None:
        self._inner = inner
        self.told = Told(inner.folder / "told")
        inner.set(**{VARIABLE: str(self.told.path), plugin.RAISES: raises})
        self.process = inner.start(*OPTIONS, f"--input-cache={cache}", *arguments)
        self._output: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def until(self, moment: Moment) -> bool:
        """Whether the moment came before the end."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.told.wait(1, moment.stage) if moment.stage else self.told.wait(moment.events):
                time.sleep(moment.pause_seconds)
                return self.process.poll() is None
        return False

    def ended(self, plan: Plan | None = None, disk: Disk | None = None) -> Ended:
        """When it is over, by the plan's ending or by itself. disk: what a full file system is."""
        try:
            was_ended, had_second, freed = self._end(plan, disk)
            code = self.process.wait(DEADLINE_SECONDS)
        except BaseException:  # also where whoever waits for it is ended
            self.process.kill()
            raise
        left = self._left()
        self._listener.join(LEAVING_SECONDS)
        self.told.close()
        document, is_torn = _document(self._inner.folder / FILE)
        (self._inner.folder / FILE).unlink(missing_ok=True)  # what the next one writes is its own
        journals = list((self._inner.folder / STORAGE).glob("journals/*.journal"))
        return Ended(
            code=code,
            output="".join(self._output),
            events=self.told.events,
            journal=of_journal(journals[0]) if journals else None,
            stored=of_document(document) if document else None,
            is_stored_torn=is_torn,
            statistics=statistics_of(document) if document else {},
            left=left + [f"{len(journals)} journals"] * (len(journals) > 1),
            was_ended=was_ended,
            had_second=had_second,
            freed=freed,
        )

    def _end(self, plan: Plan | None, disk: Disk | None) -> tuple[bool, bool, bool]:
        """Whether the moment came before the end, whether the second signal did, and whether the disk had room again before that."""
        match plan:
            case None:
                return False, False, False
            case Plan(ending=Ending.EXCEPTION):
                self.process.wait(DEADLINE_SECONDS)
                return self.told.wait(1, "raised", LATE_SECONDS), False, False
            case _ if not self.until(plan.moment):
                return False, False, False
            case Plan(ending=Ending.LIMIT | Ending.DISK):
                return True, False, self._fill(plan, disk or Limit(self.process.pid, self._inner.folder / STORAGE / "journals"))
            case Plan(second=second):
                self.process.send_signal(signal.Signals[plan.ending.name])
                return True, second is not None and plan.ending is not Ending.SIGKILL and self._send(*second), False

    def _send(self, second: signal.Signals, pause_seconds: float) -> bool:
        """Whether it was there to get it."""
        time.sleep(pause_seconds)
        if self.process.poll() is not None:
            return False
        self.process.send_signal(second)
        return True

    def _fill(self, plan: Plan, disk: Disk) -> bool:
        """Whether the disk is free again before the session stores what it has."""
        disk.fill(plan.room_bytes)
        if plan.freed_after is None:
            return False
        self.until(Moment(len(self.told.events) + plan.freed_after, "", 0.0))
        disk.free()
        return not self.told.wait(1, "pytest_sessionfinish", LATE_SECONDS)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._output.append(line)

    def _left(self) -> list[str]:
        deadline = time.monotonic() + LEAVING_SECONDS
        while (left := self._inner.left_behind()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left + [f"tmp/{path.name}" for path in (self._inner.folder / "tmp").iterdir()]


def _document(path: Path) -> tuple[dict[str, Any] | None, bool]:
    """And whether the file is there and is no JSON."""
    try:
        return json.loads(path.read_bytes()), False
    except FileNotFoundError:
        return None, False
    except ValueError:
        return None, True


def tear(journal: Path, share: float) -> None:
    """Appends the beginning of a line, as a machine leaves it that loses its power while it writes."""
    line = journal.read_bytes().splitlines(keepends=True)[-1]
    with journal.open("ab") as file:
        file.write(line[: 1 + int(share * (len(line) - 2))])
        os.fsync(file.fileno())
