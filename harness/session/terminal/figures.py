"""What the side by side shows of one measurement, phase by phase: a name and a formatted value each."""

from __future__ import annotations

import statistics

from harness.findings.overlap import LOADER, STEP, verdict
from harness.findings.ratio import CONFIDENCE, limit_share
from harness.findings.scaling import called_growth
from harness.record.measurement import ColdStart, Measurement

MIB = 2**20
LIMIT = "of the limit"
UTILISATION = "accelerator_utilisation_at_"
MEMORY_TITLES = {
    "allocator_peak_bytes": "device allocator peak",
    "allocator_reserved_peak_bytes": "device allocator, reserved",
    "device_peak_bytes": "device peak, by the driver",
    "process_bytes": "process, by the driver",
    "warm_up_device_peak_bytes": "warm-up's device peak",
    "host_with_children_bytes": "host, with children",
    "host_peak_bytes": "host peak",
    "host_children_bytes": "children",
    "host_baseline_bytes": "framework alone",
    "warm_up_host_peak_bytes": "warm-up's host peak",
}


def figures(measurement: Measurement) -> dict[str, str]:
    return _OF_PHASE[measurement.case.phase](measurement)


def _data_pipeline(measurement: Measurement) -> dict[str, str]:
    shown = {
        "images/s": _images(measurement),
        LIMIT: _share_of_limit(measurement),
        "CPU ms/image": f"{1e3 * _cpu_seconds_per_image(measurement):.2f}",
        "first batch": _seconds(_cold_start(measurement).first_batch_seconds),
        "restart": _seconds(measurement.figures["restart_seconds"]),
    }
    busy = {
        name.removeprefix(UTILISATION).split("_")[0]: value for name, value in measurement.figures.items() if name.startswith(UTILISATION)
    }
    shown[f"busy at {' | '.join(busy)} images/s"] = f"{' | '.join(f'{100 * value:.0f}' for value in busy.values())} %"
    before, full = (measurement.bytes_read(name) for name in ("host_tree_before_bytes", "host_tree_bytes"))
    if before is not None and full is not None:
        shown["memory"] = f"{(full - before) / MIB:,.0f} MiB"
    difference = measurement.figures.get("pixel_difference_max")
    shown["pixels off by"] = "its own range" if difference is None else f"{difference:.1g}" if difference else "0"
    return shown


def _train_step(measurement: Measurement) -> dict[str, str]:
    return {
        "images/s": _images(measurement),
        "step": _seconds(measurement.median_step_seconds),
        **_of_the_gpu(measurement),
        "first step": _seconds(_cold_start(measurement).first_step_seconds),
    }


def _inference(measurement: Measurement) -> dict[str, str]:
    if measurement.case.batch_size > 1:
        return {
            "images/s": _images(measurement),
            "step": _seconds(measurement.median_step_seconds),
            **_of_the_gpu(measurement),
            "first step": _seconds(_cold_start(measurement).first_step_seconds),
        }
    percentiles = {f"p{percent}": _seconds(measurement.percentile_seconds(percent)) for percent in (50, 90, 99)}
    return percentiles | _of_the_gpu(measurement) | {"first step": _seconds(_cold_start(measurement).first_step_seconds)}


def _of_the_gpu(measurement: Measurement) -> dict[str, str]:
    """What a GPU tells; where there is none, or it does not tell, no row."""
    shown = {}
    device = [round_.device_seconds for round_ in measurement.rounds if round_.device_seconds is not None]
    if device:
        shown["step, device's clock"] = _seconds(statistics.median(device) / measurement.steps_per_round)
    if "model_flops_utilisation" in measurement.figures:
        shown["of the chip's peak"] = f"{measurement.figures['model_flops_utilisation']:.1%}"
    if "joules_per_image" in measurement.figures:
        shown["J/image"] = f"{measurement.figures['joules_per_image']:.3g}"
    return shown


def _memory(measurement: Measurement) -> dict[str, str]:
    """Only meters that could read; the JSON has the others with the reason."""
    shown = {reading.name: reading.value_bytes for reading in measurement.readings if reading.value_bytes is not None}
    return {title: f"{shown[name] / MIB:,.0f} MiB" for name, title in MEMORY_TITLES.items() if name in shown}


def _largest_batch(measurement: Measurement) -> dict[str, str]:
    misfit = measurement.figures.get("smallest_out_of_memory_batch_size")
    return {
        "largest batch": f"{measurement.batch_size:,}",
        "out of memory at": "–" if misfit is None else f"{misfit:,.0f}",
        "images/s there": _images(measurement),
        **_memory(measurement),
    }


def _fine_tuning(measurement: Measurement) -> dict[str, str]:
    """The five metrics have a table of their own."""
    epochs = [epoch.training_seconds + epoch.validation_seconds for epoch in measurement.epochs]
    reached = measurement.figures.get("time_to_target_seconds")
    target = {} if reached is None and "time_to_target_seconds" not in measurement.missing else {"time to target": _seconds(reached)}
    return {
        "epoch": _seconds(statistics.median(epochs)),
        "first epoch": _seconds(epochs[0]),
        "all epochs": _seconds(sum(epochs)),
        "images/s, training": _images(measurement),
    } | target


def _model_formats(measurement: Measurement) -> dict[str, str]:
    (logits,) = measurement.checks
    return {
        "save": _seconds(measurement.figures["save_seconds"]),
        "load": _seconds(measurement.median_step_seconds),
        "first inference": _seconds(measurement.figures["first_inference_seconds"]),
        "size": f"{measurement.figures['size_bytes'] / MIB:,.1f} MiB",
        "loading builds the network": "yes" if measurement.figures["loading_includes_building"] else "no",
        f"{logits.name} differ by ({logits.unit})": f"{logits.difference:.1g}",
    }


def _pipeline_scaling(measurement: Measurement) -> dict[str, str]:
    """Each number of workers is a row of a table of its own."""
    end = called_growth(measurement)
    return {
        "images/s": _images(measurement),
        LIMIT: _share_of_limit(measurement),
        "CPU ms/image": f"{1e3 * _cpu_seconds_per_image(measurement):.2f}",
        "grows up to (workers)": str(end.last.workers) if end else "disturbed",
        "first batch": _seconds(_cold_start(measurement).first_batch_seconds),
    }


def _end_to_end(measurement: Measurement) -> dict[str, str]:
    alone = {name: measurement.case.batch_size / measurement.figures[f"{name}_alone_seconds_per_step"] for name in (LOADER, STEP)}
    shown = {
        "together, images/s": _images(measurement),
        "loader alone, images/s": _rate(alone[LOADER]),
        "step alone, images/s": _rate(alone[STEP]),
    }
    found = verdict(measurement)
    if found is None or measurement.disturbed:
        shown["verdict"] = f"not called: {measurement.missing.get('overlap', 'disturbed')}"
    else:
        lost, (least, most) = found.lost_share, found.lost_share_interval
        hidden = found.overlap
        shown["verdict"] = f"{found.bound} by {lost:.0%}" if found.is_slower else found.bound
        shown[f"lost to loading, {CONFIDENCE:.0%} interval"] = f"{100 * least:.1f} – {most:.1%}"
        shown["overlap"] = f"{hidden.estimate:.2f}" if hidden.is_shown else "cannot be told"
        shown[f"overlap, {CONFIDENCE:.0%} interval"] = f"{hidden.low:.2f} – {hidden.high:.2f}"
    return shown | {
        "waiting in the pipeline": f"{measurement.figures['wait_share']:.1%}",
        "first step": _seconds(_cold_start(measurement).first_step_seconds),
    }


_OF_PHASE = {
    "data_pipeline": _data_pipeline,
    "train_step": _train_step,
    "inference": _inference,
    "memory": _memory,
    "largest_batch": _largest_batch,
    "fine_tuning": _fine_tuning,
    "model_formats": _model_formats,
    "end_to_end": _end_to_end,
    "pipeline_scaling": _pipeline_scaling,
}


def _images(measurement: Measurement) -> str:
    return _rate(measurement.images_per_second or 0.0)


def _rate(images_per_second: float) -> str:
    return f"{images_per_second:.3g}" if images_per_second < 1000 else f"{images_per_second:,.0f}"


def _cpu_seconds_per_image(measurement: Measurement) -> float:
    images = measurement.case.batch_size * measurement.steps_per_round * len(measurement.rounds)
    return sum(round_.cpu_seconds for round_ in measurement.rounds) / images


def _share_of_limit(measurement: Measurement) -> str:
    share = limit_share(measurement)
    if share is None:
        return "disturbed" if measurement.disturbed else "too few turns"
    return f"{share.estimate:.0%}"


def _cold_start(measurement: Measurement) -> ColdStart:
    assert measurement.cold_start is not None, "a measured case has begun"
    return measurement.cold_start


def _seconds(seconds: float | None) -> str:
    """Three digits: what the intervals justify."""
    if seconds is None:
        return "not reached"
    return f"{seconds:.3g} s" if seconds >= 1.0 else f"{seconds * 1e3:.3g} ms"
