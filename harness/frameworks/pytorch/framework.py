"""PyTorch, as `contract.Framework` wants it."""

from .corpus import download, labels
from .data_parallel import data_parallel, join
from .device import allocation, autotunes, environment, is_out_of_memory, open_device, peak_memory, reset_peak_memory, sees_gpu, stopwatch
from .fine_tuning import fine_tuning
from .formats import model_format
from .inference import inference
from .strategies import pipeline
from .training import train_step

__all__ = [
    "allocation",
    "autotunes",
    "data_parallel",
    "download",
    "environment",
    "fine_tuning",
    "inference",
    "is_out_of_memory",
    "join",
    "labels",
    "model_format",
    "open_device",
    "peak_memory",
    "pipeline",
    "reset_peak_memory",
    "sees_gpu",
    "stopwatch",
    "train_step",
]
