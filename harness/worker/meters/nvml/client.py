"""Asks a probe. Whatever happens to it or to its driver, an answer comes within bounds."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from harness.worker.meters.nvml.messages import LENGTH, Gpu, Open, Request, framed

SUITE = Path(__file__).parents[3]
OPEN_SECONDS = 30.0  # without persistence mode the driver may start first
ANSWER_SECONDS = 5.0


class Probe:
    """A probe's process. One that has not answered in time is killed: all further answers are `unread`, with the reason."""

    def __init__(self, visible: str | None, open_seconds: float = OPEN_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> None:
        """visible: CUDA_VISIBLE_DEVICES of whoever computes on the GPU; None where it is not set."""
        self._answer_seconds = answer_seconds
        self._reason: str | None = None
        paths = [str(SUITE), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.worker.meters.nvml.probe"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self.gpu: Gpu = self.ask(Open(visible), open_seconds)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: Request, seconds: float | None = None) -> Any:
        """The answer, of the request's `answer` type."""
        if self._reason is None:
            deadline = time.monotonic() + (self._answer_seconds if seconds is None else seconds)
            try:
                _stream(self._process.stdin).write(framed(request))
                return msgspec.msgpack.decode(self._receive(deadline), type=request.answer)
            except TimeoutError:
                self._give_up(f"the driver hangs: no answer within {self._answer_seconds if seconds is None else seconds:g} s")
            except (OSError, EOFError):
                self._give_up("the probe has died")
        return request.answer.unread(self._reason)

    def close(self) -> None:
        self._give_up("the probe is closed")

    def _receive(self, deadline: float) -> bytes:
        return self._exactly(LENGTH.unpack(self._exactly(LENGTH.size, deadline))[0], deadline)

    def _exactly(self, count: int, deadline: float) -> bytes:
        stream = _stream(self._process.stdout)
        content = b""
        while len(content) < count:
            if not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            read = stream.read(count - len(content))
            if not read:
                raise EOFError
            content += read
        return content

    def _give_up(self, reason: str) -> None:
        """Nobody waits for the process: one that hangs in the driver cannot even be killed."""
        self._reason = self._reason or reason
        self._process.kill()
        _stream(self._process.stdin).close()
        _stream(self._process.stdout).close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1.0)


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "the probe was started with pipes"
    return stream
