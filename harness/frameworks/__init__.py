"""The frameworks compared, by name. Nothing else in the suite knows one by name.

A further framework is a folder beside these that offers what `contract.Framework` asks for, and one line here.
"""

from __future__ import annotations

import msgspec

from harness.record.case import Execution


class Listing(msgspec.Struct, frozen=True):
    """What can be said of a framework without importing it."""

    title: str
    module: str  # offers `contract.Framework`; imported in the worker alone
    executions: dict[Execution, str]  # its own name for each execution mode
    formats: tuple[str, ...] = ()  # in which it saves a model
    tuned: str = ""  # the way to load images that `matched` has: what it is, in a line
    strategies: dict[str, str] = {}  # the other ways
    meter: str = "allocator_peak_bytes"  # of GPU memory: the reading that its users usually quote


FRAMEWORKS: dict[str, Listing] = {
    "pytorch": Listing(
        "PyTorch",
        "harness.frameworks.pytorch",
        executions={Execution.PLAIN: "eager", Execution.FUSED_NORM: "eager-fused_norm", Execution.COMPILED: "compile"},
        formats=("state_dict", "safetensors", "torch_export", "onnx"),
        tuned="a thread for each core makes whole batches by libjpeg-turbo and OpenCV",
        strategies={
            "own_operations": "tuned, with torchvision's decoder and torch's resize",
            "sequential": "own_operations in a DataLoader without workers: in the consumer itself",
            "one_worker": "workers, but only one of them",
            "workers": "own_operations in a DataLoader, a persistent worker process for each core",
            "workers_not_persistent": "workers, which end with each epoch: what starting them costs",
            "prefetch_8": "workers, each 8 batches ahead instead of 2",
            "pinned": "workers, their batches copied to pinned memory, as for a GPU",
            "process_tuned": "tuned, in worker processes instead of threads",
            "pillow": "workers, with Pillow, as most scripts: antialiased, other pixels",
            "uint8_v2": "workers, with torchvision.transforms.v2 on uint8: antialiased, other pixels",
            "uint8_v2_batches": "uint8_v2, normalised by the consumer, a batch at once: other pixels",
            "antialias": "own_operations, with an antialiased resize: other pixels",
            "opencv_decode": "tuned, with OpenCV's decoder",
            "torchcodec": "own_operations, with torchcodec's decoder",
            "cached_files": "own_operations, the files' bytes held in memory from the start",
            "torchdata_nodes": "tuned, by the threads of torchdata.nodes",
            "spdl": "tuned, by the threads of Meta's SPDL",
            "grain": "tuned, by the threads of Google's Grain; order its own",
            "webdataset": "workers, from tar shards, shuffled in a buffer; order its own",
        },
    ),
    "tensorflow": Listing(
        "TensorFlow",
        "harness.frameworks.tensorflow",
        executions={Execution.PLAIN: "graph", Execution.FUSED_NORM: "graph-fused_norm", Execution.COMPILED: "xla"},
        formats=("keras", "hdf5", "saved_model", "tflite"),
        tuned="a thread for each core makes images by TensorFlow's decoder and resize",
        strategies={
            "sequential": "tuned on one thread: nothing in parallel, nothing ahead",
            "prefetched": "sequential, with batches made ahead by one more thread",
            "plain_map": "tuned without a setting: map as tf.data runs it by itself",
            "autotune": "tuned, its threads and its prefetching left to AUTOTUNE",
            "shared_pool": "tuned on TensorFlow's own threads instead of private ones",
            "shuffle_after_map": "shuffle_before_map, with float images in the buffer; order its own",
            "shuffle_before_map": "tuned, shuffled by tf.data anew each epoch; order its own",
            "repeat_before_batch": "shuffle_before_map, its epochs joined before batch; order its own",
            "prefetch_before_batch": "tuned, with images made ahead instead of batches",
            "cached_files": "tuned, with cache() of the encoded bytes; order its own",
            "cached_images": "other work: no decoding, copies out of cache(); order its own",
            "vectorised_map": "tuned, mapped a batch at a time: its images in a loop",
            "numpy_batches": "tuned, by libjpeg-turbo and OpenCV: a call of Python for a batch",
            "numpy_per_image": "numpy_batches, with a call of Python for each image",
            "interleaved_shards": "tuned from 8 TFRecord shards in turns; order its own",
            "tfds_records": "tuned from tfds' TFRecords; order its own",
            "array_record": "tuned from tfds' ArrayRecords, read by Python",
            "fast_dct": "tuned, with the decoder's default DCT: other pixels",
            "antialias": "tuned, with an antialiased resize: other pixels",
            "uint8_batches": "tuned, rounded to uint8, float again in the batch: other pixels",
            "keras_directory": "image_dataset_from_directory: fast DCT, other pixels; order its own",
        },
        meter="device_peak_bytes",
    ),
}


def rank(framework: str) -> int:
    """Its place in the listing: the sides of a comparison are in this order everywhere. One that is not listed comes last."""
    return list(FRAMEWORKS).index(framework) if framework in FRAMEWORKS else len(FRAMEWORKS)
