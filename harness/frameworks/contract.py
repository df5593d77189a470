"""What a framework must offer to be measured. The worker uses a framework through these protocols alone.

A framework is a folder beside this file, whose `framework.py` offers the functions of `Framework`. Its files are the same for every
framework (device, network, loss, data, training, inference, fine_tuning, formats), so that any two can be read side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from fixtures.experiments.experiment import Experiment
from fixtures.models import values
from fixtures.models.folder import Folder
from fixtures.models.options import Options
from fixtures.models.values import Batch
from fixtures.models.weights import Weights
from harness.frameworks.job import FineTuning
from harness.frameworks.ranks import Rank
from harness.record.case import Case
from harness.record.fairness import Source
from harness.record.measurement import Reading

if TYPE_CHECKING:
    from fixtures.corpora.order import Files

NativeBatch = Any  # (inputs, targets) in the framework's own tensors: one as it is, several by their names
Outputs = dict[str, npt.NDArray[np.float32]]  # of a network, by name; channels where Keras has them, on the last axis


class FormatError(Exception):
    """A model cannot be saved, or a saved one cannot be loaded. The message names the file, its format and the mend."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a piece of work is built from; every framework is given the same. What follows from the case is made by `phases.setups`."""

    case: Case
    neutral: frozenset[Source]  # the sources of unfairness that are at their neutral setting; the others are at the framework's habit
    fed: bool  # whether the work has an input pipeline
    whole_job: bool  # whether a part of the training images is held back, to validate
    model: Folder
    experiment: Experiment
    corpus: str = ""  # its folder (`corpora.flowers.Corpus`); "" where the model's inputs are none of a corpus
    classes: int = 0  # of the corpus
    weights: str = ""  # file of the canonical weights; what else is kept of them lies beside it (`models.kept`)
    threads: int  # CPU threads for arithmetic, and threads or workers of the input pipeline
    drops_out: bool = True  # False while equal work is checked, and in a matched fine-tuning: two frameworks' masks cannot match
    pretrained: bool = False  # whether the weights are ImageNet's: then a framework's own habit is to take its own ImageNet weights
    rank: Rank | None = None  # of the process at hand, once it has joined others; None where it has the whole batch

    @property
    def corpus_folder(self) -> Path:
        return Path(self.corpus)

    @property
    def weights_file(self) -> Path:
        return Path(self.weights)

    @property
    def own_batch_size(self) -> int:
        """What the process at hand has of the batch."""
        return self.case.batch_size if self.rank is None else self.case.batch_size // self.rank.count

    @property
    def image_size(self) -> int:
        """Height and width of the images that the model is given, in pixels."""
        return self.model.description.image_size or self.experiment.image_size

    @property
    def options(self) -> Options:
        """What the model's builders are told."""
        model = self.model.description
        head = self.experiment.head
        own: dict[str, Any] = {"classes": self.classes or model.classes, "dropout": head.dropout, "hidden_units": head.hidden_units}
        own |= model.options
        if not self.drops_out:
            own["dropout"] = 0.0
        given = {
            "image_size": self.image_size if model.from_corpus else 0,
            "softmax": Source.LOSS not in self.neutral,
            "pretrained": self.pretrained,
        }
        return Options(**own, **given)

    def canonical_batch(self) -> Batch:
        """What steps are measured on where no pipeline feeds them: of a rank its part. Raises CorpusError and ModelError."""
        items = self.case.batch_size
        whole = self._whole_batch(items)
        return whole if self.rank is None else whole.part(self.rank.part(items))

    def _whole_batch(self, items: int) -> Batch:
        model = self.model.description
        if not model.from_corpus:
            return values.batch(self.model, items, self.experiment.seed)
        from fixtures.corpora.batch import canonical_batch  # half a second to import, with scipy: not while tests are collected

        return values.of_images(model, *canonical_batch(self.corpus_folder, self.image_size, items))

    def probe(self, items: int) -> Batch:
        """What a network is looked at with, to calibrate it and tell its layers apart: the same whatever the corpus. At most 8 images."""
        model = self.model.description
        if not model.from_corpus:
            return values.batch(self.model, items, self.experiment.seed)
        from fixtures.corpora.batch import calibration_images

        labels = np.arange(items, dtype=np.int64) % max(1, self.options.classes)
        return values.of_images(model, calibration_images(self.image_size)[:items], labels)

    def training_files(self) -> Files:
        """What an epoch goes through. Raises CorpusError and ExperimentError."""
        from fixtures.corpora import order

        if not self.whole_job:
            return order.everything(self.corpus_folder)
        return order.training(self.corpus_folder, self.experiment, self.case.batch_size)

    def validation_files(self) -> Files:
        """What a whole job validates with. Raises CorpusError and ExperimentError."""
        from fixtures.corpora import order

        return order.validation(self.corpus_folder, self.experiment)


class Work(Protocol):
    """Something that can be done again and again, and timed."""

    def step(self) -> None:
        """Does one step, or only enqueues it on the device."""

    def fence(self) -> None:
        """Returns once everything enqueued so far is done."""

    def read_back(self) -> float:
        """One number of the last step's result, copied to the host: after a fence, this has nothing to wait for."""

    def close(self) -> None:
        """Frees what the work holds: memory, threads, processes."""


class TrainStep(Work, Protocol):
    """One optimiser step on a batch that is already on the device. `read_back` gives the loss before the step."""

    def load(self, batch: NativeBatch) -> None:
        """Puts another batch on the device."""

    def gradient_norms(self) -> tuple[float, ...]:
        """L2 norm of each trained parameter's gradient on the batch, but of those that have none; changes no weight."""

    def weights(self) -> Weights:
        """The present weights and running statistics, by their canonical names, in the canonical layout."""

    def trained(self) -> frozenset[str]:
        """Canonical names of the tensors that a step changes; without running statistics."""


class DataParallelStep(TrainStep, Protocol):
    """A train step of one of several ranks, by the framework's own engine, on its part of the batch.

    Every rank makes the same calls in the same order: `step` and `gradient_norms` wait for the others. `gradient_norms` are of the
    gradients' mean over all ranks; the loss that `read_back` gives is of the rank's own part.
    """

    exchanged_bytes: int  # what a rank has to have summed over all ranks in a step: the gradients of what it trains, and what else it says

    def without_exchange(self) -> Work:
        """The same step of this rank alone: its weights part from the others'. Its `close` leaves the step itself."""

    def exchange(self) -> Work:
        """The sum over all ranks of as many bytes as a step exchanges, in the same pieces, and nothing else."""


class Inference(Work, Protocol):
    """One forward pass on a batch that is already on the device, in inference mode."""

    def load(self, batch: NativeBatch) -> None:
        """Puts another batch on the device."""

    def outputs(self, items: int | None = None) -> Outputs:
        """Of the batch's first items, or all, by what `step` runs. A network's only output is called "outputs", a tuple's "0", "1", …"""


class Pipeline(Work, Protocol):
    """An endless stream of training batches. `step` takes the next one, blocking until it is there."""

    burst: int  # batches arrive in bursts of so many: one a worker, or an epoch out of a shuffle buffer

    def stop(self) -> None:
        """Ends the epoch: what is on its way is thrown away. The next batch is that of a `restart`."""

    def restart(self) -> None:
        """Begins anew, as a training loop does with each epoch; what has not been stopped is stopped first."""

    def batch(self) -> NativeBatch:
        """The batch taken last."""

    def to_numpy(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """The batch taken last: images as (batch, height, width, channel), and labels."""


Predict = Callable[[], Outputs]  # of the case's batch, complete and on the host


class ModelFormat(Protocol):
    """One way to keep the case's network on disk. It is made with the network and the batch at hand: neither is saving or loading."""

    suffix: str  # of the file's name; "" for a folder
    includes_building: bool  # whether loading builds the network again, from code or configuration, before it fills in the weights

    def predict(self) -> Outputs:
        """Of the batch, by the network that is saved."""

    def save(self, path: Path) -> None:
        """Writes the network to `path`, where nothing is yet, by the library's own call. Raises what the library raises."""

    def inspect(self, path: Path) -> None:
        """Raises FormatError for a file that would run code of its own when it is loaded, where the library's load does not refuse it."""

    def load(self, path: Path) -> Predict:
        """The library's own load, safe mode on; complete on return, weights on the device. Raises what the library raises.

        The first call of what it gives traces or compiles, where the format leaves that to the first inference.
        """

    def close(self) -> None:
        """Frees the network."""


class Stopwatch(Protocol):
    """Time by the device's own events: what it spent between two places in its queue, the host's part left out."""

    def start(self) -> None:
        """Enqueues the first event. Returns at once."""

    def stop(self) -> None:
        """Enqueues the second one."""

    def seconds(self) -> float:
        """Between the two; called after a fence."""


class Framework(Protocol):
    """A framework's package."""

    def sees_gpu(self) -> bool:
        """Whether its device is a GPU. Opens nothing there: what is in use before is read after this call."""

    def open_device(self, setup: Setup) -> str:
        """Sets threads, precision, memory growth and layout for the case; returns the device's name (`cpu`, `cuda:0`).

        Called before each case. Raises Unsupported where the device cannot do the case's precision.
        """

    def autotunes(self, setup: Setup) -> bool:
        """Whether the first step of the case's work tries kernels, beside what a compiler does. The process keeps what it finds."""

    def pipeline(self, setup: Setup) -> Pipeline: ...

    def train_step(self, setup: Setup) -> TrainStep: ...

    def join(self, rank: Rank) -> None:
        """Meets the other ranks, in a process that has computed nothing yet. Raises what says why they did not come."""

    def data_parallel(self, setup: Setup) -> DataParallelStep:
        """Of the set-up's rank, which has joined. Raises Unsupported for what the engine cannot do."""

    def inference(self, setup: Setup) -> Inference: ...

    def fine_tuning(self, setup: Setup) -> FineTuning: ...

    def model_format(self, setup: Setup) -> ModelFormat:
        """The case's `model_format`. Raises Unsupported where a package that it needs is missing."""

    def labels(self, setup: Setup) -> dict[str, int]:
        """Label of each training file by its name, as the framework's own loader reads them."""

    def stopwatch(self) -> Stopwatch | None:
        """None where the device, or the framework, has no events of its own."""

    def allocation(self) -> str:
        """How it takes memory from the device just now, in a few words: what the device's own figure is to be read with."""

    def reset_peak_memory(self) -> None: ...

    def peak_memory(self) -> tuple[Reading, ...]:
        """The device allocator's peaks since the last reset; status says why where there is none."""

    def is_out_of_memory(self, error: BaseException) -> bool: ...

    def environment(self) -> dict[str, str]:
        """Versions, build, device, threads: what two results must share to be comparable."""

    def download(self, root: Path) -> None:
        """Puts Oxford Flowers 102 under `root`, in the layout of torchvision's loader. Raises Unsupported where the framework cannot."""
