"""Whose library makes the batches ahead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.frameworks.contract import NativeBatch, Setup
from harness.frameworks.pytorch.data import Pipeline
from harness.frameworks.pytorch.loader import PREFETCH_BATCHES, Anew, endless
from harness.frameworks.pytorch.strategies.installed import installed
from harness.frameworks.pytorch.strategies.parallel import tuned_batches


def torchdata_nodes(setup: Setup) -> Pipeline:
    nodes, batches = installed("torchdata.nodes"), tuned_batches(setup)
    indices = nodes.IterableWrapper(endless(setup, setup.training_files()))
    made = nodes.ParallelMapper(indices, batches.make, num_workers=setup.threads, method="thread")
    last = nodes.Prefetcher(made, PREFETCH_BATCHES * setup.threads)

    def begin() -> Any:
        last.reset()  # not by `nodes.Loader`: it refers to itself, and its threads run on until the next garbage collection
        return last

    return Pipeline(setup, Anew(begin))


def spdl(setup: Setup) -> Pipeline:
    spdl_pipeline, batches = installed("spdl.pipeline"), tuned_batches(setup)
    indices = endless(setup, setup.training_files())

    def begin() -> Iterator[NativeBatch]:
        builder = spdl_pipeline.PipelineBuilder().add_source(indices)
        builder.pipe(batches.make, concurrency=setup.threads, output_order="input")
        loader = builder.add_sink(PREFETCH_BATCHES * setup.threads).build(num_threads=setup.threads)
        with loader.auto_stop():
            yield from loader

    return Pipeline(setup, Anew(begin))


def grain(setup: Setup) -> Pipeline:
    package, batches = installed("grain"), tuned_batches(setup)
    indices = package.MapDataset.range(len(setup.training_files().paths)).seed(setup.experiment.seed).shuffle().repeat()
    made = indices.batch(setup.case.batch_size, batch_fn=list).map(batches.make)
    loader = made.to_iter_dataset(package.ReadOptions(num_threads=setup.threads, prefetch_buffer_size=PREFETCH_BATCHES * setup.threads))
    return Pipeline(setup, loader)
