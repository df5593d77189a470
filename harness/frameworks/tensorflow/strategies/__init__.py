"""Ways to load the same images, beside the tuned one of `matched`. Each is `tuned` or another one but for what its name says."""

from __future__ import annotations

from collections.abc import Callable

from harness.frameworks.contract import Setup
from harness.frameworks.tensorflow import data
from harness.frameworks.tensorflow.data import Pipeline
from harness.frameworks.tensorflow.strategies import libraries, parallel, pixels, stored


def pipeline(setup: Setup) -> Pipeline:
    return STRATEGIES[setup.case.strategy](setup) if setup.case.strategy else data.pipeline(setup)


def prepare(setup: Setup) -> None:
    """Writes the files that the loaders read. Done once a corpus, outside of what is timed: it is no part of building a pipeline."""
    data.prepare(setup)
    if setup.case.strategy == "interleaved_shards":
        stored.written_shards(setup)
    if setup.case.strategy == "array_record":
        stored.array_records(setup)


STRATEGIES: dict[str, Callable[[Setup], Pipeline]] = {
    "sequential": parallel.sequential,
    "prefetched": parallel.prefetched,
    "plain_map": parallel.plain_map,
    "autotune": parallel.autotune,
    "shared_pool": parallel.shared_pool,
    "shuffle_after_map": parallel.shuffle_after_map,
    "shuffle_before_map": parallel.shuffle_before_map,
    "repeat_before_batch": parallel.repeat_before_batch,
    "prefetch_before_batch": parallel.prefetch_before_batch,
    "cached_files": stored.cached_files,
    "cached_images": stored.cached_images,
    "vectorised_map": pixels.vectorised_map,
    "numpy_batches": libraries.numpy_batches,
    "numpy_per_image": libraries.numpy_per_image,
    "interleaved_shards": stored.interleaved_shards,
    "tfds_records": stored.tfds_records,
    "array_record": stored.array_record,
    "fast_dct": pixels.fast_dct,
    "antialias": pixels.antialias,
    "uint8_batches": pixels.uint8_batches,
    "keras_directory": libraries.keras_directory,
}
