"""What the processes of a session tell whoever watches it: events, through a pipe that has a name, so that no full disk keeps one back."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

VARIABLE = "ENDURANCE_TOLD"  # the pipe
OVER = "over"

Event = dict[str, Any]  # "event" is what it is


def tell(event: str, **content: Any) -> None:
    """In one write, which the pipe keeps whole; nothing where nobody watches."""
    with suppress(OSError):
        descriptor = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_NONBLOCK)  # else it would wait for a reader
        os.set_blocking(descriptor, True)
        os.write(descriptor, json.dumps({"event": event} | content).encode() + b"\n")
        os.close(descriptor)


class Told:
    """The events of one session, as they come."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self.events: list[Event] = []
        self._come = threading.Condition()
        self._pipe = os.open(path, os.O_RDWR)  # a writer too: it has no end when the last other one goes
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def of(self, event: str) -> list[Event]:
        return [each for each in self.events if each["event"] == event]

    def wait(self, number: int, event: str = "", seconds: float = 0.1) -> bool:
        """Whether so many have come, of that kind or of any, within the seconds."""

        def came() -> bool:
            return len(self.of(event) if event else self.events) >= number

        with self._come:
            return self._come.wait_for(came, seconds)

    def close(self) -> None:
        """When nobody is left that could tell something."""
        os.write(self._pipe, json.dumps({"event": OVER}).encode() + b"\n")
        self._reader.join()
        os.close(self._pipe)
        self.path.unlink()

    def _read(self) -> None:
        rest = b""
        while True:
            *lines, rest = (rest + os.read(self._pipe, 65536)).split(b"\n")
            events = [json.loads(line) for line in lines]
            with self._come:
                self.events += [each for each in events if each["event"] != OVER]
                self._come.notify_all()
            if any(each["event"] == OVER for each in events):
                return
