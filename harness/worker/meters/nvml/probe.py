"""The probe's process: answers requests on its standard input until that closes, and samples memory in between.

One thread: no two calls to the driver at once, and none where nothing was asked for.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from typing import Any, BinaryIO

import msgspec
import pynvml

from harness.worker.meters.nvml.curve import Sampling
from harness.worker.meters.nvml.driver import Device, listed
from harness.worker.meters.nvml.messages import (
    LENGTH,
    AnyRequest,
    Gpu,
    ListedGpus,
    ListGpus,
    ListProcesses,
    Open,
    ReadCounters,
    ReadEnergy,
    ReadMemory,
    ReadState,
    StartSampling,
    StopSampling,
    TakePeak,
    framed,
)
from harness.worker.meters.nvml.visible import NotVisible, all_chosen

PR_SET_PDEATHSIG = 1  # prctl(2)


class Answerer:
    def __init__(self) -> None:
        self._device: Device | None = None
        self._reason = "no GPU has been opened"
        self.sampling: Sampling | None = None

    def answer(self, request: AnyRequest) -> Any:
        if isinstance(request, Open):
            return self._open(request.visible)
        if isinstance(request, ListGpus):
            return _visible(request.visible)
        if self._device is None:
            return request.answer.unread(self._reason)
        match request:
            case ReadState():
                return self._device.state()
            case ReadCounters():
                return self._device.counters()
            case ReadEnergy():
                return self._device.energy()
            case ReadMemory():
                return self._device.memory()
            case ListProcesses():
                return self._device.processes()
            case StartSampling():
                self.sampling = Sampling(self._device)
                return self.sampling.first
            case TakePeak():
                return request.answer.unread("nothing samples") if self.sampling is None else self.sampling.take_peak()
            case StopSampling():
                stopped, self.sampling = self.sampling, None
                return request.answer.unread("nothing samples") if stopped is None else stopped.curve()

    def _open(self, visible: str | None) -> Gpu:
        try:
            self._device = Device(visible)
        except (pynvml.NVMLError, NotVisible) as error:
            self._reason = str(error)
            return Gpu.unread(self._reason)
        return self._device.gpu()


def _visible(visible: str | None) -> ListedGpus:
    try:
        pynvml.nvmlInit()
        return ListedGpus(all_chosen(visible, listed()))
    except pynvml.NVMLError as error:
        return ListedGpus.unread(str(error))


def run(requests: BinaryIO, answers: BinaryIO) -> None:
    """Ends with the requests. The stream is unbuffered: what `select` does not see would wait in a buffer."""
    decoder = msgspec.msgpack.Decoder(AnyRequest)
    answerer = Answerer()
    while True:
        sampling = answerer.sampling
        if sampling is not None and not select.select([requests], [], [], sampling.seconds_to_next)[0]:
            sampling.sample()
            continue
        content = receive(requests)
        if content is None:
            return
        answers.write(framed(answerer.answer(decoder.decode(content))))
        answers.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """The next message; None where the other side is gone."""
    header = _exactly(stream, LENGTH.size)
    return _exactly(stream, LENGTH.unpack(header)[0]) if header is not None else None


def _exactly(stream: BinaryIO, count: int) -> bytes | None:
    content = b""
    while len(content) < count:
        read = stream.read(count - len(content))
        if not read:
            return None
        content += read
    return content


def die_with_parent() -> None:
    """Even where a process that the worker has forked keeps the pipe open. Linux alone has this; elsewhere the pipe has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    die_with_parent()
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers, os.fdopen(os.dup(0), "rb", buffering=0) as requests:
        os.dup2(2, 1)  # what a library prints is no answer
        run(requests, answers)
