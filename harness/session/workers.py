"""Workers: a process per framework, in that framework's own interpreter, over an execnet gateway.

A worker that dies, hangs or runs out of memory costs its case only: it is killed with everything it started, and the next
case gets a fresh one.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import execnet
import msgspec
import psutil

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import Source
from harness.record.outcome import Outcome
from harness.worker.protocol import Answer, Failure, Hello, Message, Progress, Request

BOOTSTRAP = """
import os, sys
paths, module, unset = channel.receive()
sys.path[:0] = paths
for name in unset:
    os.environ.pop(name, None)
from harness.worker.serve import serve
serve(channel, module)
"""
KILL_GROUP = """
import os, shutil, signal
pid, folder = channel.receive()
os.killpg(pid, signal.SIGKILL)
shutil.rmtree(folder, ignore_errors=True)
"""
START_SECONDS = 60.0
LOG_LINES = 15
KILL_SECONDS = 2.0
LIVENESS_SECONDS = 0.5
# `worker.allocator`, mallopt(3). No mmap for a block of its own, instead of a high threshold: older glibc's refuse one, and TensorFlow's
# `from_generator` sets a low one; above 64 MiB, in a thread, glibc maps it all the same. Whatever the threshold to trim, a heap of 64 MiB
# that a thread has emptied stays only for so large a pad.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}

_GATEWAY_ERRORS = (OSError, EOFError, execnet.HostNotFound, execnet.RemoteError)  # execnet's TimeoutError is an OSError
# What a shell's leftovers would change on one side only: neutral is without them. `//env:` of a worker's spec is meant, and stays.
LEFTOVERS = (
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "KMP_BLOCKTIME",
    "TF_CUDNN_USE_AUTOTUNE",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)

Report = Callable[[Progress], None]


class WorkerFailure(Exception):
    """A request ended without an answer."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(f"{outcome}: {detail}")
        self.outcome = outcome
        self.detail = detail


class WorkerStartError(Exception):
    """No worker can be started from its execnet spec. The message names the spec and the mend."""


class Worker:
    """One process. Use `call` until it raises WorkerFailure and `alive` turns false; then start another."""

    def __init__(self, framework: str, spec: str, surroundings: frozenset[Source], import_paths: list[str]) -> None:
        """Starts the process. import_paths: where it finds this suite, first. Raises WorkerStartError."""
        self.framework = framework
        self._spec = spec
        self._oom_kills = _oom_kills()
        self._group = execnet.Group()
        xspec = execnet.XSpec(spec)
        self._is_local = bool(xspec.popen and not xspec.via)
        xspec.execmodel = xspec.execmodel or "main_thread_only"  # a framework wants the main thread: signals, forks
        xspec.env.update(variables(surroundings) | xspec.env)
        unset = [name for name in LEFTOVERS if name not in xspec.env] if Source.THREADS in surroundings else []
        try:
            self._gateway = self._group.makegateway(xspec)
            self._channel = self._gateway.remote_exec(BOOTSTRAP)
            self._channel.send((import_paths, FRAMEWORKS[framework].module, unset))
            self.hello = msgspec.msgpack.decode(self._channel.receive(START_SECONDS), type=Hello)
        except KeyboardInterrupt:
            self._group.terminate(timeout=KILL_SECONDS)
            raise
        except (*_GATEWAY_ERRORS, ValueError, KeyError) as error:  # the last two are makegateway's, over the spec
            self._group.terminate(timeout=KILL_SECONDS)
            raise WorkerStartError(
                f"--worker {framework}={spec}: no worker could be started ({_first_line(error)}). "
                f"Its interpreter needs this suite's own packages: pip install -e '.[{framework}]'"
            ) from error
        self.alive = True

    @property
    def runs(self) -> bool:
        return self.alive and (not self._is_local or runs(self.hello.pid))

    def call(self, request: Request, timeout_seconds: float, report: Report) -> Any:
        """The answer to the request, of the request's `answer` type. Progress goes to `report` meanwhile.

        Raises WorkerFailure: with the outcome the worker gives, `timeout` past the deadline, or what its death means.
        """
        deadline = time.monotonic() + timeout_seconds
        try:
            self._channel.send(msgspec.msgpack.encode(request))
            while True:
                match _MESSAGES.decode(self._receive(deadline)):
                    case Progress() as progress:
                        report(progress)
                    case Failure(outcome, detail):
                        if outcome is not Outcome.UNSUPPORTED:
                            self.kill()  # what was measured there has left its state behind
                        if outcome is Outcome.ERROR and _oom_kills() > self._oom_kills:
                            outcome = Outcome.OUT_OF_MEMORY  # of a loader's process: the framework only knows that it is gone
                        raise WorkerFailure(outcome, detail)
                    case Answer(content):
                        return msgspec.msgpack.decode(content, type=request.answer)
        except execnet.TimeoutError as error:
            self.kill()
            raise WorkerFailure(
                Outcome.TIMEOUT, f"no answer within {timeout_seconds:g} s (--case-timeout); the worker was killed"
            ) from error
        except _GATEWAY_ERRORS as error:
            died = self._death(error)
            self.kill()
            raise died from error

    def _receive(self, deadline: float) -> bytes:
        """The next message. Raises execnet.TimeoutError past the deadline, EOFError once the process is dead.

        The pipe alone would not tell: a loader process that the worker has left behind keeps it open.
        """
        while True:
            try:
                return self._channel.receive(max(0.0, min(LIVENESS_SECONDS, deadline - time.monotonic())))  # type: ignore[no-any-return]
            except execnet.TimeoutError:
                if self._is_local and not runs(self.hello.pid):
                    raise EOFError("killed from outside") from None
                if time.monotonic() >= deadline:
                    raise

    def close(self) -> None:
        """Ends the process, if it still runs."""
        if self.alive:
            self._channel.close()
            self.kill()

    def kill(self) -> None:
        """Kills the process and all it has started, and removes its temporary folder."""
        if self._is_local:
            _kill_tree(self.hello.pid)
            shutil.rmtree(self.hello.folder, ignore_errors=True)
        else:
            self._kill_remotely()
        self._group.terminate(timeout=KILL_SECONDS)
        self.alive = False

    def _kill_remotely(self) -> None:
        """Through a second, short-lived gateway: the first one's main thread may be stuck in the measured code."""
        try:
            channel = self._group.makegateway(self._spec).remote_exec(KILL_GROUP)
            channel.send((self.hello.pid, self.hello.folder))
            channel.waitclose(START_SECONDS)
        except _GATEWAY_ERRORS:
            pass  # the machine or the process is gone already

    def _death(self, error: BaseException) -> WorkerFailure:
        if _oom_kills() > self._oom_kills:
            return WorkerFailure(
                Outcome.OUT_OF_MEMORY, "the kernel killed a process for want of memory while the worker ran, and the worker died"
            )
        log = Path(self.hello.folder) / "log"
        try:
            last = list(deque(log.read_text(errors="replace").splitlines(), maxlen=LOG_LINES))
        except OSError:
            last = []
        told = "\n".join(["; its last words:", *last]) if last else ""
        return WorkerFailure(Outcome.CRASHED, f"the worker's process died ({_first_line(error)}){told}")


class WorkerPool:
    """At most one live worker a framework: an idle second one would hold memory that the first is measured with."""

    def __init__(self, specs: dict[str, str], import_paths: list[str]) -> None:
        self._specs = specs
        self._import_paths = import_paths
        self._workers: dict[str, tuple[frozenset[Source], Worker]] = {}
        self._started: set[str] = set()

    def get(self, framework: str, surroundings: frozenset[Source]) -> Worker:
        """The framework's worker in those surroundings; a fresh one if there is none, or it died. Raises WorkerStartError."""
        present = self._workers.get(framework)
        if present is not None and present[0] == surroundings and present[1].runs:
            return present[1]
        return self.fresh(framework, surroundings)

    def fresh(self, framework: str, surroundings: frozenset[Source]) -> Worker:
        """A new worker in the place of the old one."""
        self.close(framework)
        worker = Worker(framework, self._specs[framework], surroundings, self._import_paths)
        self._workers[framework] = (surroundings, worker)
        self._started.add(framework)
        return worker

    def has_started(self, framework: str) -> bool:
        """Whether its spec has ever worked: where it has, a later failure to start is one case's misfortune."""
        return framework in self._started

    def close(self, framework: str) -> None:
        _, worker = self._workers.pop(framework, (None, None))
        if worker is not None:
            worker.close()

    def close_all(self) -> None:
        for framework in list(self._workers):
            self.close(framework)


def variables(surroundings: frozenset[Source]) -> dict[str, str]:
    """A worker's environment variables, which count from before the framework is imported. Those of `//env:` in its spec win.

    OpenMP threads that spin while they wait make PyTorch, not TensorFlow, slow when anything else runs: a loaded machine
    measured TensorFlow at 0.25–0.31 of PyTorch's step time instead of 0.69. Passive waiting costs nothing when quiet.
    XLA replays what it compiled as CUDA graphs (`DebugOptions.xla_gpu_enable_command_buffer`), torch.compile does so only when asked
    (`mode="reduce-overhead"`): neutral is that neither does, and `compiled` pairs two compilers.
    glibc gives freed memory back to the kernel or not by where it happens to lie, which differs between processes of the same code: 36,000
    to 56,000 page faults a train step of PyTorch's, none or 540 an image of TensorFlow's own decoding, which halves its speed. Neutral
    is that it keeps what it was given (mallopt(3)).
    """
    chosen = {"TF_CPP_MIN_LOG_LEVEL": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}  # an index means the GPU that the driver means
    if Source.ALLOCATOR in surroundings:
        chosen |= KEEP_MEMORY
    if Source.THREADS in surroundings:
        chosen |= {"OMP_WAIT_POLICY": "PASSIVE", "XLA_FLAGS": "--xla_gpu_enable_command_buffer="}
    return chosen


def runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _kill_tree(pid: int) -> None:
    """Kills the process group of that worker, and its descendants in groups of their own."""
    try:
        descendants = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        descendants = []
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # finds what a dead worker has orphaned, too
    for process in descendants:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    deadline = time.monotonic() + KILL_SECONDS
    while any(runs(process.pid) for process in descendants) and time.monotonic() < deadline:
        time.sleep(0.01)  # not until init has reaped them, too: that may take it a second, and a zombie holds nothing


def _oom_kills() -> int:
    """Processes that this machine's kernel has killed for want of memory since it started; 0 where it does not tell."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def _first_line(error: BaseException) -> str:
    """The last line of a remote traceback says what happened; the first of anything else does."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1] if isinstance(error, execnet.RemoteError) else lines[0]


_MESSAGES: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
