"""How figures are written in pages and summaries. `static/words.js` writes them the same."""

from __future__ import annotations

from history.gate.figures import duration

MIB = 2**20
NOTHING = "–"
SHARES = ("accelerator_utilisation_at_", "share_of_limit", "overlap")  # by the beginning of the name
TITLES = {
    "images_per_second": "images/s",
    "cpu_seconds_per_image": "CPU time an image",
    "first_step_seconds": "first step",
    "first_batch_seconds": "first batch",
    "build_seconds": "build",
    "device_step_seconds": "step on the device",
    "throttled_share": "throttled",
    "share_of_limit": "share of the limit",
    "accelerator_utilisation_at_200_images_per_second": "accelerator busy at 200 images/s",
    "accelerator_utilisation_at_800_images_per_second": "accelerator busy at 800 images/s",
    "accelerator_utilisation_at_3200_images_per_second": "accelerator busy at 3,200 images/s",
    "restart_seconds": "restart to first batch",
    "pixel_difference_max": "pixels off by, at most",
    "pixel_difference_mean": "pixels off by, on average",
    "wait_share": "waits for batches",
    "lost_share": "lost to loading",
    "loader_alone_seconds_per_step": "loader alone",
    "step_alone_seconds_per_step": "step alone",
    "allocator_peak_bytes": "device allocator peak",
    "allocator_reserved_peak_bytes": "device allocator, reserved",
    "host_with_children_bytes": "host, with children",
    "host_peak_bytes": "host peak",
    "host_children_bytes": "children",
    "host_baseline_bytes": "framework alone",
    "host_tree_before_bytes": "host before the pipeline, with children",
    "host_tree_bytes": "host, its buffers full, with children",
    "warm_up_host_peak_bytes": "warm-up's host peak",
    "joules_per_image": "energy an image",
    "model_flops_utilisation": "MFU",
}
PHASES = {
    "data_pipeline": ("Data pipeline", "JPEG files to training batches, in steady state"),
    "train_step": ("Train step", "One optimiser step, the batch already on the device"),
    "inference": ("Inference", "One forward pass, the batch already on the device"),
    "memory": ("Memory", "Peak of five steps fed by their pipeline, in a fresh process"),
    "largest_batch": ("Largest batch", "How many images fit, and what they cost"),
    "fine_tuning": ("Fine-tuning", "The whole job: epochs of training and validation"),
    "model_formats": ("Model formats", "Saving, loading, and the first inference after it"),
    "end_to_end": ("End to end", "Train steps fed by their pipeline: whether they wait for it, and how much of the loading they hide"),
    "pipeline_scaling": ("Pipeline scaling", "JPEG files to training batches with a worker on each core; fewer workers are a picture"),
}


def name(figure: str) -> str:
    return TITLES.get(figure) or figure.removesuffix("_seconds").removesuffix("_bytes").replace("_", " ")


def value(figure: str, number: float | None) -> str:
    """By the unit that the figure's name ends with."""
    if number is None:
        return NOTHING
    if figure.endswith("_bytes"):
        return size(number)
    if "seconds" in figure and not figure.endswith("_per_second"):
        return seconds(number)
    if figure.startswith(SHARES) or figure.endswith(("_share", "_utilisation", "_accuracy")):
        return f"{number:.1%}"
    unit = "/s" if figure.endswith("_per_second") else " J" if figure.startswith("joules") else ""
    return f"{plain(number)}{unit}"


def seconds(number: float | None) -> str:
    return NOTHING if number is None else duration(number) if number > 0 else "0 s"


def size(number: float | None) -> str:
    if number is None:
        return NOTHING
    return f"{number / MIB:,.0f} MiB" if abs(number) >= 10 * MIB else f"{number / MIB:,.2f} MiB"


def plain(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 999.5 else f"{number:.3g}"


def percent(share: float) -> str:
    return f"{share:+.1%}".replace("-", "−")


def quantity(kind: str, number: float | None) -> str:
    return size(number) if kind == "memory" else seconds(number)
