"""The way into a worker's interpreter: an execnet gateway, what its process says on its standard error, and why none could be opened."""

from __future__ import annotations

import os
import shlex
import signal
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired
from types import SimpleNamespace
from typing import IO, Any

import execnet
from execnet.gateway_base import ThreadExecModel

from harness.session.workers.processes import KILL_SECONDS
from harness.worker.system import UnsupportedSystemError

START_SECONDS = 60.0
SAID_LINES = 15
DYING_SECONDS = 1.0  # from the end of its pipe to that of its process
PRINTED_BYTES = 80
PRINTING_MEND = (
    "Name a Python, and take out what prints there at its start: sitecustomize.py, usercustomize.py, a .pth file in its packages, "
    "or a start-up file of the shell that ssh comes to"
)
SSH_FAILED = 255  # the exit status of ssh itself; any other one is that of what it ran
# What a connection is told to have ended with. execnet's TimeoutError is an OSError.
GATEWAY_ERRORS = (OSError, EOFError, execnet.HostNotFound, execnet.RemoteError)
MASTERS: dict[str, Any] = {}  # gateways of this process to places that others are opened through, by the name that `via` has for them
# Those of a start: over the spec, and of a process that is no interpreter.
_START_ERRORS = (*GATEWAY_ERRORS, ValueError, KeyError, AssertionError)


class GatewayError(Exception):
    """No gateway could be opened. The message is what went wrong, and the mend."""


class Gateway:
    """A process that runs what it is sent. It waits for it in its main thread, which is what a framework wants: signals, forks."""

    def __init__(self, spec: str, variables: dict[str, str], extra: str, left_out: tuple[str, ...] = ()) -> None:
        """variables: of its environment; those of the spec win. extra: of this suite, what its packages are called.

        left_out: variables that its process is started without, but for the spec's. Raises GatewayError.
        """
        self._spec = _parsed(spec)
        self._spec.execmodel = self._spec.execmodel or "main_thread_only"
        self._spec.env.update(variables | self._spec.env)
        self._extra = extra
        self._heard = tempfile.TemporaryFile()  # noqa: SIM115 (the process writes to it as long as it lives)
        self._said: list[str] = []
        at_start = {name: self._spec.env.get(name) for name in left_out}
        if self._spec.ssh or self._spec.vagrant_ssh or self._spec.via:
            self._spec.python = _in_environment(self._spec.python or "python", at_start)
        self._starting = _Starting(self._heard, _environment(at_start) if self.is_local else None)
        self._group = _Group(execmodel=self._starting)  # type: ignore[arg-type]  # it takes one, too
        deadline = threading.Timer(START_SECONDS, self._starting.give_up)
        deadline.daemon = True
        deadline.start()
        try:
            self._gateway = self._group.makegateway(self._spec)
        except _START_ERRORS as error:
            raise self.failed(error) from error
        except BaseException:
            self.close()
            raise
        finally:
            deadline.cancel()

    @property
    def is_local(self) -> bool:
        return bool(self._spec.popen and not self._spec.via)

    @property
    def said(self) -> list[str]:
        """The last lines of its standard error: those of ssh, where that is the process. A worker on this machine has a log instead."""
        if self._heard.closed:
            return self._said
        size_bytes = os.fstat(self._heard.fileno()).st_size
        return os.pread(self._heard.fileno(), size_bytes, 0).decode(errors="replace").strip().splitlines()[-SAID_LINES:]

    @property
    def killed_by(self) -> str:
        """The signal that has killed its process, by name; "" where none has, or it is not known here."""
        for process in self._starting.processes if self.is_local else ():
            with suppress(TimeoutExpired, ValueError):  # it is still on its way down, or the signal has no name
                status = process.wait(DYING_SECONDS)
                return signal.Signals(-status).name if status < 0 else ""
        return ""

    def run(self, source: str, *arguments: Any) -> Any:
        """The channel to that code, which is sent the arguments first."""
        channel = self._gateway.remote_exec(source)
        channel.send(arguments)
        return channel

    @property
    def variables(self) -> list[str]:
        """What its process was given on purpose, by name."""
        return list(self._spec.env)

    def failed(self, error: BaseException) -> GatewayError:
        """What it means that the process has not become a worker. Ends it."""
        program, status = self._ended()
        if isinstance(error, AssertionError) and program:  # execnet's own, of an answer's first character, which it has taken
            said = "".join(f", and said: {' / '.join(self.said)}" for _ in self.said[:1])
            return GatewayError(f"({program} printed …{self._starting.printed} before it answered{said}). {PRINTING_MEND}")
        is_late = self._starting.is_late or isinstance(error, execnet.TimeoutError)
        if is_late:
            told = f"{program} has not answered within {START_SECONDS:g} s"
        elif not program or isinstance(error, (execnet.RemoteError, ValueError)):
            told = first_line(error)
        else:
            told = f"{program} is no Python that answers" if status is None else f"{program} ended with exit status {status}"
        if self.said and not isinstance(error, execnet.RemoteError):
            told += ", and said: " + " / ".join(self.said)
        return GatewayError(f"({told}). {self._mend(told, bool(program), is_late or status == SSH_FAILED)}")

    def close(self) -> None:
        with suppress(OSError):  # of a place that is reached through another one: that one may have ended, and it with it
            self._group.terminate(timeout=KILL_SECONDS)
        self._starting.kill()
        self._said = self.said
        self._heard.close()

    def _ended(self) -> tuple[str, int | None]:
        """The program that was started, and its exit status where it has ended by itself."""
        program, status = "", None
        for process in self._starting.processes:
            program = str(process.args[0] if isinstance(process.args, list) else process.args)
            with suppress(TimeoutExpired):
                status = process.wait(KILL_SECONDS)
        self.close()
        return program, status

    def _mend(self, told: str, has_started: bool, is_unreachable: bool) -> str:
        spec = self._spec
        kind, host = ("ssh", spec.ssh) if spec.ssh else ("vagrant_ssh", spec.vagrant_ssh)
        if UnsupportedSystemError.__name__ in told:
            return "Give it a machine, or a container, with Linux"
        if spec.chdir and repr(spec.chdir) in told:  # as Python tells a path; the interpreter's own may begin with it
            return "Name a folder that is there, where the worker runs, with //chdir=PATH"
        if host and not has_started:
            return f"Install {kind.partition('_')[0]} on this machine, which makes the connection"
        if host and is_unreachable:
            config = f" -F {shlex.quote(spec.ssh_config)}" if spec.ssh_config else ""
            return f"Mend it until `{kind.replace('_', ' ')}{config} {host} true` ends without an error or a question"
        if host and "Error: " not in told:
            return f"Name the interpreter on that machine: {kind}={host}//python=PATH"
        if spec.via:  # what it was started through has the process, and what that says
            packages = f"with this suite's own packages (pip install -e '.[{self._extra}]')"
            return f"The interpreter has to be at the same path on every machine, {packages}. What it said is in that rank's own output"
        if not has_started:
            return "Write popen//python=PATH with the path of an interpreter that is there, as `which python` prints it"
        where = "" if self.is_local else ", in a checkout on that machine which //chdir=PATH names"
        return f"Its interpreter, Python 3.11 to 3.13, needs this suite's own packages: pip install -e '.[{self._extra}]'{where}"


class _Group(execnet.Group):
    """Ends its own gateway, and leaves the one that it was opened through."""

    def __getitem__(self, key: Any) -> Any:
        return MASTERS[key] if key in MASTERS else super().__getitem__(key)


class _Starting(ThreadExecModel):
    """execnet's way to start a process, which gives its standard error to a file, and knows the process before it answers."""

    def __init__(self, heard: IO[bytes], environment: dict[str, str] | None) -> None:
        """environment: of the process; None: as this one's."""
        self.processes: list[Popen[bytes]] = []
        self._environment = environment
        self.is_late = False
        self._heard = heard

    @property
    def subprocess(self) -> Any:
        return SimpleNamespace(PIPE=PIPE, Popen=self._popen)

    def give_up(self) -> None:
        self.is_late = True
        self.kill()

    def kill(self) -> None:
        for process in self.processes:
            process.kill()  # one that has ended stays as it is

    @property
    def printed(self) -> str:
        """What is left of what it has printed, in a line."""
        found = b""
        for process in self.processes:
            if process.stdout is not None:
                os.set_blocking(process.stdout.fileno(), False)
                found += process.stdout.read1(PRINTED_BYTES) or b""  # type: ignore[attr-defined]  # a BufferedReader
        return " ".join(found.decode(errors="replace").split())

    def _popen(self, arguments: list[str], **pipes: Any) -> Popen[bytes]:
        process = Popen(arguments, stderr=self._heard, env=self._environment, **pipes)
        self.processes.append(process)
        return process


def first_line(error: BaseException) -> str:
    """The last line of a remote traceback says what happened; the first of anything else does."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1] if isinstance(error, execnet.RemoteError) else lines[0]


def _environment(at_start: dict[str, str | None]) -> dict[str, str]:
    """This process's, with those variables as they are given, or without them."""
    own = {name: value for name, value in os.environ.items() if name not in at_start}
    return own | {name: value for name, value in at_start.items() if value is not None}


def _in_environment(python: str, at_start: dict[str, str | None]) -> str:
    """The same of an interpreter on another machine, as a line of its shell."""
    unset = [f"-u {name}" for name, value in at_start.items() if value is None]
    set_ = [f"{name}={shlex.quote(value)}" for name, value in at_start.items() if value is not None]
    return " ".join(["env", *unset, *set_, python]) if at_start else python


def _parsed(text: str) -> Any:
    """execnet reads `python` of a process on this machine as a command line, which cuts a path at its spaces."""
    spec = execnet.XSpec(text)
    if spec.popen and spec.python:
        with suppress(OSError, RuntimeError):  # no such file name, no such user
            path = Path(spec.python).expanduser()
            spec.python = shlex.quote(str(path)) if path.is_file() else spec.python
    return spec
