"""The stand-in itself. Each module beside this file is one that `frameworks.FRAMEWORKS` can list: sound, or broken in one way."""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import numpy as np

from fixtures.corpora import flowers
from fixtures.corpora.images import BatchReader
from fixtures.models.weights import Weights
from harness.frameworks.contract import Outputs, Setup, Stopwatch
from harness.record.measurement import Reading
from harness.record.outcome import Unsupported
from harness.worker.meters.control_groups import folders

ROUNDING = 1e-6  # relative


class Steps:
    """Work that sleeps; everything a train step or an inference offers."""

    def __init__(self, setup: Setup, seconds: float) -> None:
        self._setup = setup
        self._seconds = seconds
        self._steps = 0

    def step(self) -> None:
        self._steps += 1
        time.sleep(self._seconds)

    def fence(self) -> None:
        pass

    def read_back(self) -> float:
        return self._precisely() / (1 + self._steps)

    def load(self, batch: object) -> None:
        pass

    def outputs(self, items: int | None = None) -> Outputs:
        return {"outputs": np.arange(8 * 102, dtype=np.float32).reshape(8, 102) * self._precisely()}

    def gradient_norms(self) -> tuple[float, ...]:
        return (self._precisely(),)

    def weights(self) -> Weights:
        """A step adds one everywhere."""
        return {"bn1.running_mean": np.arange(4, dtype=np.float32), "fc.weight": np.full((2, 3), self._steps, np.float32)}

    def trained(self) -> frozenset[str]:
        return frozenset({"fc.weight"})

    def close(self) -> None:
        pass

    def _precisely(self) -> float:
        """1 in float64, and as far from it as rounding takes the rest."""
        return 1.0 if self._setup.case.precision == "fp64" else 1.0 + ROUNDING


class Loading(Steps):
    """A pipeline that sleeps. The images it shows are the first files', whatever step it is at."""

    burst = 2

    def stop(self) -> None:
        pass

    def restart(self) -> None:
        self._steps = 0

    def batch(self) -> object:
        return None

    def to_numpy(self) -> tuple[np.ndarray, np.ndarray]:
        files, images = self._setup.training_files(), self._setup.case.batch_size
        return BatchReader(files.paths, self._setup.image_size).read(range(images)), np.array(files.labels[:images])


class Queued(Steps):
    """Work on a device: `step` only enqueues, another thread does it, and `fence` waits for that thread."""

    def __init__(self, setup: Setup, seconds: float) -> None:
        super().__init__(setup, seconds)
        self._queue: Queue[int] = Queue()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            self._queue.get()
            time.sleep(self._seconds)
            self._queue.task_done()

    def step(self) -> None:
        self._steps += 1
        self._queue.put(self._steps)

    def fence(self) -> None:
        self._queue.join()

    def read_back(self) -> float:
        self._queue.join()
        return super().read_back()


class Unfenced(Queued):
    def fence(self) -> None:
        pass


class Unequal(Steps):
    """Computes something else."""

    def gradient_norms(self) -> tuple[float, ...]:
        return (1.1,)


class Hanging(Steps):
    def step(self) -> None:
        time.sleep(3600.0)


class Raising(Steps):
    def step(self) -> None:
        raise ValueError("the measured code is broken")


class Dying(Steps):
    """Dies in its fifth step, as if killed from outside, and leaves a child behind."""

    def step(self) -> None:
        super().step()
        if self._steps == 5:
            if os.fork() == 0:
                time.sleep(3600.0)
            os.kill(os.getpid(), signal.SIGKILL)


class Hoarding(Steps):
    """Takes memory until it is refused more, as under `ulimit -d`."""

    def step(self) -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (2**30, resource.RLIM_INFINITY))
        try:
            hoard()
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class OomKilled(Steps):
    """Takes memory until the kernel kills it: in a memory cgroup of 256 MiB, so that the machine keeps the rest."""

    def step(self) -> None:
        own = next(folder for folder in folders("memory") if (folder / "memory.limit_in_bytes").exists())
        group = own / f"flowers-test-{os.getpid()}"
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(2**28))
        (group / "cgroup.procs").write_text(str(os.getpid()))
        hoard()


def hoard() -> None:
    taken = []
    while True:
        taken.append(np.ones(2**20))


class Job:
    """Learns along a fixed curve: half of what is left to learn, an epoch. A framework of unequal work learns another."""

    training_images = 80
    validation_images = 20

    def __init__(self, seconds: float, handicap: float) -> None:
        self._seconds = seconds
        self._handicap = handicap
        self._epochs = 0

    def train(self) -> float:
        self._epochs += 1
        time.sleep(self._seconds)
        return 4.0 * 0.5**self._epochs + self._handicap

    def validate(self) -> tuple[float, float]:
        time.sleep(self._seconds / 4)
        return 4.5 * 0.5**self._epochs + self._handicap, 1.0 - 0.5**self._epochs

    def validation_losses(self) -> tuple[np.ndarray, np.ndarray]:
        return np.linspace(0.0, 1.0, self.validation_images, dtype=np.float32), np.arange(self.validation_images) % 2 == 0

    def close(self) -> None:
        pass


class Kept:
    """Logits in a file of numpy's: a model of the fewest words. Broken in the way its format is named for."""

    suffix = ".npy"
    includes_building = False

    def __init__(self, setup: Setup, seconds: float) -> None:
        self._kind = setup.case.model_format
        self._seconds = seconds
        if self._kind == "absent":
            raise Unsupported("absent needs a package that no one has: pip install it")

    def predict(self) -> Outputs:
        return {"outputs": np.arange(102, dtype=np.float32).reshape(1, 102)}

    def save(self, path: Path) -> None:
        if self._kind == "unwritable":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        np.save(path, self.predict()["outputs"])

    def inspect(self, path: Path) -> None:
        pass

    def load(self, path: Path) -> Callable[[], Outputs]:
        time.sleep(self._seconds)
        if self._kind == "unreadable":
            raise ValueError("not a header")
        loaded = np.load(path, allow_pickle=False) + (1.0 if self._kind == "another" else 0.0)
        return lambda: {"outputs": loaded}

    def close(self) -> None:
        pass


class StandIn:
    """Offers `contract.Framework`. `steps` is what a step of its work does; the rest is sound."""

    def __init__(self, steps: type[Steps] = Steps, seconds: float = 0.002) -> None:
        self._steps = steps
        self._seconds = seconds

    def sees_gpu(self) -> bool:
        return False

    def autotunes(self, setup: Setup) -> bool:
        return False

    def open_device(self, setup: Setup) -> str:
        if setup.case.precision == "tf32":
            raise Unsupported("the stand-in has no tf32")
        return "cpu"

    def pipeline(self, setup: Setup) -> Loading:
        return Loading(setup, self._seconds / 10)

    def train_step(self, setup: Setup) -> Steps:
        return self._steps(setup, self._seconds)

    def inference(self, setup: Setup) -> Steps:
        return Steps(setup, self._seconds / 10)

    def fine_tuning(self, setup: Setup) -> Job:
        return Job(self._seconds, handicap=0.5 if self._steps is Unequal else 0.0)

    def model_format(self, setup: Setup) -> Kept:
        return Kept(setup, self._seconds)

    def labels(self, setup: Setup) -> dict[str, int]:
        return flowers.labels(setup.corpus_folder, "train")

    def stopwatch(self) -> Stopwatch | None:
        return None

    def allocation(self) -> str:
        return "the stand-in takes what it is told to"

    def reset_peak_memory(self) -> None:
        pass

    def peak_memory(self) -> tuple[Reading, ...]:
        return (Reading("allocator_peak_bytes", None, "the stand-in", "no GPU"),)

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, MemoryError)

    def environment(self) -> dict[str, str]:
        return {"framework": "stand-in 1"}

    def download(self, root: Path) -> None:
        raise Unsupported("the stand-in downloads nothing")


class Elsewhere(StandIn):
    """Sound, but on another device."""

    def open_device(self, setup: Setup) -> str:
        return "cuda:0"
