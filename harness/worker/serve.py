"""A worker's main loop: takes requests from pytest, answers each with its result or with one typed failure."""

from __future__ import annotations

import importlib
import os
import socket
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from fixtures.corpora.flowers import CorpusError
from fixtures.made_once import CacheError
from fixtures.models import code
from fixtures.models.description import ModelError
from fixtures.models.folder import Folder
from fixtures.models.weights import WeightsError
from harness.frameworks.contract import Framework, Setup
from harness.frameworks.errors import NotCompiledError, SharedMemoryError
from harness.record.outcome import NOT_INSTALLED, Outcome, Unsupported
from harness.record.text import visible_lines
from harness.worker import affinity, allocator, inputs, rounding, sockets, traces, whereabouts
from harness.worker.bench import Bench
from harness.worker.case_error import CaseError
from harness.worker.imported import imported
from harness.worker.membership import MEMBERSHIP
from harness.worker.meters.cpu import cores, model
from harness.worker.meters.gpu import GPU
from harness.worker.process import be_first_out_of_memory, lead_own_process_group
from harness.worker.protocol import (
    Answer,
    AnyRequest,
    Begin,
    CompareLayers,
    Describe,
    End,
    Failure,
    GiveWeights,
    Hello,
    Join,
    LookUp,
    MakeCorpus,
    MakeWeights,
    Measure,
    Message,
    Offer,
    Progress,
    TakeTape,
    TakeTraining,
    TakeWeights,
    TraceOutputs,
    TracePixels,
    TraceRounding,
    TraceTraining,
    WalkInference,
    WalkTraining,
)
from harness.worker.resident import ResidentBench
from harness.worker.share import TAKEN
from harness.worker.trace import OutputTrace, TrainingTrace

# They say themselves what is wrong and the mend: no line of ours helps.
SENTENCES = (ModelError, WeightsError, CorpusError, CacheError, NotCompiledError, SharedMemoryError)


class Channel(Protocol):
    """What is used of an execnet channel."""

    def send(self, item: bytes) -> None: ...

    def receive(self) -> bytes: ...


class Server:
    """Does what is asked with one framework. One that cannot be imported is an answer to each request.

    The module of a bench comes by name, as the framework's does: a worker knows no phase.
    """

    def __init__(self, module: str, report: Any, package: str = "") -> None:
        """package: what the framework itself is imported as."""
        self._module = module
        self._package = package
        self._cores = affinity.present()
        self._report = report
        self._bench: Bench | None = None
        self._computed: dict[tuple[Setup, int], OutputTrace | TrainingTrace] = {}  # by set-up and steps, for the check of equal work
        self._model: Folder | None = None  # of the request before: what fails may be its code

    def answer(self, request: AnyRequest) -> Any:
        try:
            return self._answer(request)
        finally:  # whatever else has gone wrong is no wonder then
            affinity.expect(self._cores)

    def _answer(self, request: AnyRequest) -> Any:
        setup = getattr(request, "setup", None)
        if setup is not None:
            request = replace(request, setup=replace(setup, rank=MEMBERSHIP.rank))
            self._model = setup.model
        match request:
            case MakeCorpus():
                return inputs.corpus(request, self._framework(), self._tell)
            case MakeWeights():
                original = self._installed(request.original) if request.original else None
                return inputs.canonical_weights(request, original, self._tell)
            case GiveWeights(file):
                return inputs.given(file)
            case TakeWeights():
                return inputs.taken(request)
            case Describe(setup):
                if self._framework().sees_gpu():
                    GPU.watch()
                device = self._framework().open_device(setup)
                machine = {"host": socket.gethostname(), "cpu": model(), "cores": str(cores())}
                own = TAKEN.told() if MEMBERSHIP.rank else {}
                return {**self._framework().environment(), **machine, **GPU.environment(), **own, "device": device}
            case Offer(setup):
                if TAKEN.lacks_gpu and self._framework().sees_gpu():
                    TAKEN.expect_gpu()
                return MEMBERSHIP.offer(setup)
            case Join():
                return MEMBERSHIP.join(request, self._framework())
            case TracePixels(setup):
                return traces.pixels(self._framework(), setup)
            case TraceOutputs(setup, items):
                begun = self._bench.inference(setup) if isinstance(self._bench, ResidentBench) else None
                if begun is not None:
                    return traces.outputs_of(begun, setup, items)
                smaller = replace(setup, case=replace(setup.case, batch_size=items))
                self._computed[smaller, 0] = outputs = traces.outputs(self._framework(), smaller)
                return outputs
            case TraceTraining(setup, steps):
                self._computed[setup, steps] = trained = traces.training(self._framework(), setup, steps)
                return trained
            case TraceRounding():
                return rounding.of(self._framework(), request, self._computed)
            case TakeTape(setup, taped, wanted):
                return self._installed(taped).inference(setup, wanted)
            case TakeTraining(setup, taped, steps, wanted):
                return self._installed(taped).training(setup, steps, wanted)
            case WalkInference(setup, walk, tape):
                return self._installed(walk).inference(setup, tape)
            case WalkTraining(setup, walk, trained):
                return self._installed(walk).training(setup, trained)
            case CompareLayers(setup, walk, tape):
                return self._installed(walk).layers(setup, tape)
            case LookUp(walk, entries, other):
                return self._installed(walk).known(entries, other)
            case Begin():
                return self._begin(request).begin()
            case Measure():
                return self._begun().measure(request)
            case End():
                ended = self._begun().end()
                self._bench = None
                return ended

    def preload(self) -> None:
        """Imports the framework before anything is asked: other workers do the same at the same time."""
        with suppress(Exception):  # told when something is asked
            self._framework()

    def release(self) -> None:
        """Frees what a failed request has left."""
        if self._bench is not None:
            bench, self._bench = self._bench, None
            bench.close()

    def failure(self, error: Exception) -> Failure:
        """The typed outcome of what was raised."""
        if isinstance(error, CaseError):  # before memory: to TensorFlow a full disk is an exhausted resource, too
            return Failure(error.outcome, str(error))
        # `raise … from` keeps what a framework's own exception hides: an out-of-memory under a pipeline error, say.
        chain = list(_chain(error))
        if any(isinstance(each, Unsupported) for each in chain):
            return Failure(Outcome.UNSUPPORTED, str(error))
        framework: Framework | None = sys.modules.get(self._module)
        if any(isinstance(each, MemoryError) or (framework and framework.is_out_of_memory(each)) for each in chain):
            return Failure(Outcome.OUT_OF_MEMORY, _last_lines(error))
        return Failure(Outcome.ERROR, self._told(error, chain))

    def _told(self, error: Exception, chain: list[BaseException]) -> str:
        """What has a sentence of its own says that, what went wrong in the model's code its place there, anything else our own."""
        place = code.place_in(self._model, error) if self._model is not None else None
        sentence = next((str(each) for each in chain if isinstance(each, SENTENCES)), None)
        if place is None:
            return sentence or _last_lines(error)
        if sentence is None:
            return f"{place}: {type(error).__name__}: {error}"
        return sentence if place.partition(", line ")[0] in sentence else f"{place}: {sentence}"

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._report(Progress(stage, done, total))

    def _framework(self) -> Framework:
        return self._installed(self._module)

    def _installed(self, module: str) -> ModuleType:
        found = installed(module, self._package)
        affinity.expect(self._cores)
        return found

    def _begin(self, request: Begin) -> Bench:
        self.release()
        framework = self._framework()  # one that is not installed is no fault of the bench
        self._bench = bench_of(request.bench)(framework, request.setup)
        return self._bench

    def _begun(self) -> Bench:
        if self._bench is None:
            raise RuntimeError("no case has begun")
        return self._bench


def installed(module: str, package: str) -> ModuleType:
    """The framework's module. Raises Unsupported where the framework itself, that package, is not installed.

    Another package that is missing, or what fails otherwise, is a broken installation, and no excuse: it raises CaseError.
    """
    try:
        return imported(module)
    except ModuleNotFoundError as error:
        if error.name == package:
            raise Unsupported(f"{NOT_INSTALLED} ({sys.executable}): {error}") from error
        told = f"the framework's installation in this worker ({sys.executable}) is broken: {error}"
        raise CaseError(f"{told}. Install this suite there again, with the framework's extra as tox.ini has it") from error


def bench_of(module: str) -> type[Bench]:
    """The module's `Bench`. Raises CaseError, which names the module, where it cannot be had, whatever the reason."""
    try:
        found: type[Bench] = importlib.import_module(module).Bench
    except Exception as error:
        raise CaseError(f"no bench in {module} (it is to measure the case): {_last_lines(error)}") from error
    return found


def serve(channel: Channel, module: str, package: str) -> None:
    """Runs until the channel closes. Called in the worker's main thread."""
    allocator.obey_environment()
    lead_own_process_group()
    be_first_out_of_memory()
    decoder = msgspec.msgpack.Decoder(AnyRequest)
    with tempfile.TemporaryDirectory(prefix="flowers-worker-", ignore_cleanup_errors=True) as folder, logging_to(Path(folder) / "log"):
        tempfile.tempdir = os.environ["TMPDIR"] = folder  # what a killed worker leaves is removed with its folder
        sockets.fit(folder)
        hello = Hello(os.getpid(), socket.gethostname(), whereabouts.files(), whereabouts.processes(), cores(), folder)
        channel.send(msgspec.msgpack.encode(hello))
        server = Server(module, lambda message: channel.send(msgspec.msgpack.encode(message)), package)
        server.preload()
        while True:
            try:
                request = decoder.decode(channel.receive())
            except EOFError:
                return
            reply: Message
            try:
                reply = Answer(msgspec.msgpack.encode(server.answer(request)))
            except Exception as error:
                traceback.print_exc()
                failure = server.failure(error)
                reply = replace(failure, detail=visible_lines(failure.detail))  # the name of a file in it may be no text
            channel.send(msgspec.msgpack.encode(reply))
            if isinstance(reply, Failure):
                with suppress(Exception):  # the device may be beyond repair; the failure has been told
                    server.release()


@contextmanager
def logging_to(file: Path) -> Iterator[None]:
    """Sends both output streams, those of native code too, to a file: pytest shows its end if the worker dies."""
    with file.open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        yield


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _last_lines(error: BaseException) -> str:
    """The error and the innermost place of ours it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
