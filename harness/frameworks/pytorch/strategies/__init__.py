"""Ways to load the same images, beside the tuned one of `matched`. Each is `tuned` or another one but for what its name says."""

from __future__ import annotations

from collections.abc import Callable

from harness.frameworks.contract import Setup
from harness.frameworks.pytorch import data
from harness.frameworks.pytorch.data import Pipeline
from harness.frameworks.pytorch.strategies import libraries, parallel, pixels, stored


def pipeline(setup: Setup) -> Pipeline:
    return STRATEGIES[setup.case.strategy](setup) if setup.case.strategy else data.pipeline(setup)


def prepare(setup: Setup) -> None:
    """Starts the server of the loader's workers, and writes the files that they read. Done once a process and once a corpus, outside
    of what is timed: it is no part of building a pipeline.
    """
    if setup.case.strategy == "webdataset":
        stored.written_shards(setup)
    if setup.case.strategy in IN_PROCESSES:
        first = parallel.fork_server().Process(target=int)
        first.start()
        first.join()  # the server forks once it has imported everything


STRATEGIES: dict[str, Callable[[Setup], Pipeline]] = {
    "own_operations": parallel.own_operations,
    "sequential": parallel.sequential,
    "one_worker": parallel.one_worker,
    "workers": parallel.workers,
    "workers_not_persistent": parallel.workers_not_persistent,
    "prefetch_8": parallel.prefetch_8,
    "pinned": parallel.pinned,
    "process_tuned": parallel.process_tuned,
    "pillow": pixels.pillow,
    "uint8_v2": pixels.uint8_v2,
    "uint8_v2_batches": pixels.uint8_v2_batches,
    "antialias": pixels.antialias,
    "opencv_decode": pixels.opencv_decode,
    "torchcodec": pixels.torchcodec,
    "cached_files": stored.cached_files,
    "torchdata_nodes": libraries.torchdata_nodes,
    "spdl": libraries.spdl,
    "grain": libraries.grain,
    "webdataset": stored.webdataset,
}
IN_PROCESSES = frozenset(
    {
        "one_worker",
        "workers",
        "workers_not_persistent",
        "prefetch_8",
        "pinned",
        "process_tuned",
        "pillow",
        "uint8_v2",
        "uint8_v2_batches",
        "webdataset",
    }
)
