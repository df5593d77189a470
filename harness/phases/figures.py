"""The figures that several phases have."""

from __future__ import annotations

from harness.record.figure import BATCH, SINGLE, Figure, Unit

ITEMS_PER_SECOND = Figure("{items}_per_second", "{items}/s", Unit.RATE)
CPU_SECONDS_PER_ITEM = Figure("cpu_seconds_per_{item}", "CPU ms/{item}", Unit.MILLISECONDS)
SHARE_OF_LIMIT = Figure("share_of_limit", "of the limit", Unit.SHARE, digits=0)
FIRST_BATCH = Figure("first_batch_seconds", "first batch", Unit.SECONDS)
STEP = Figure("step_seconds", "step", Unit.SECONDS)
FIRST_STEP = Figure("first_step_seconds", "first step", Unit.SECONDS)
AUTOTUNE = Figure("autotune_seconds", "its autotuning", Unit.SECONDS)  # below the first step: a part of it
DEVICE_STEP = Figure("device_step_seconds", "step, device's clock", Unit.SECONDS)
UTILISATION = Figure("model_flops_utilisation", "of the chip's peak", Unit.SHARE)
JOULES_PER_ITEM = Figure("joules_per_{item}", "J/{item}", Unit.NUMBER)
OF_THE_GPU = (DEVICE_STEP, UTILISATION, JOULES_PER_ITEM)  # what a GPU tells; where there is none, or it does not tell, no row

ITEMS_PER_SECOND_OF_A_BATCH = Figure(ITEMS_PER_SECOND.name, ITEMS_PER_SECOND.title, ITEMS_PER_SECOND.unit, batch=BATCH)
STEP_OF_A_BATCH = Figure(STEP.name, STEP.title, STEP.unit, batch=BATCH)
PERCENTS = (50, 90, 99)
PERCENTILES = tuple(Figure(f"p{percent}_seconds", f"p{percent}", Unit.SECONDS, batch=SINGLE) for percent in PERCENTS)


def rounds_of(percent: int) -> int:
    """At least, of a percentile of single steps: with fewer it would be the slowest one."""
    return 100 // (100 - percent)


LATENCY_ROUNDS = rounds_of(max(PERCENTS))

METERS = tuple(
    Figure(name, title, Unit.BYTES, digits=0)
    for name, title in (
        ("allocator_peak_bytes", "device allocator peak"),
        ("allocator_reserved_peak_bytes", "device allocator, reserved"),
        ("device_peak_bytes", "device peak, by the driver"),
        ("process_bytes", "process, by the driver"),
        ("warm_up_device_peak_bytes", "warm-up's device peak"),
        ("host_anonymous_bytes", "host, anonymous and shared"),
        ("host_file_bytes", "host, file pages"),
        ("host_peak_bytes", "host peak, both"),
        ("host_with_children_bytes", "host peak, with children"),  # of runs that did not tell file pages apart
        ("host_children_bytes", "children"),
        ("host_baseline_anonymous_bytes", "framework alone, anonymous and shared"),
        ("host_baseline_bytes", "framework alone, with file pages"),
        ("warm_up_host_anonymous_bytes", "warm-up's host, anonymous and shared"),
        ("warm_up_host_peak_bytes", "warm-up's host peak, both"),
    )
)

# What tables do not show, or not in these words.
SHARE_OF_LIMIT_ALONE = Figure(SHARE_OF_LIMIT.name, "share of the limit", Unit.SHARE)
OF_EVERY_WORK = (
    Figure("build_seconds", "build", Unit.SECONDS),
    Figure("throttled_share", "throttled", Unit.SHARE),
)
OF_A_WATCHED_GPU = (
    Figure(UTILISATION.name, "share of the chip's peak", Unit.SHARE),
    Figure(AUTOTUNE.name, "autotuning in the first step", Unit.SECONDS),
    Figure("energy_window_seconds", "window of the energy's reading", Unit.SECONDS),
    Figure("hw_thermal_slowdown_share", "slowed by heat, by the hardware", Unit.SHARE),
    Figure("sw_thermal_slowdown_share", "slowed by heat, by the driver", Unit.SHARE),
    Figure("power_brake_slowdown_share", "slowed by the power brake", Unit.SHARE),
    Figure("sw_power_cap_share", "slowed by the power cap", Unit.SHARE),
)
FURTHER_METERS = tuple(
    Figure(name, title, unit)
    for name, title, unit in (
        ("device_baseline_bytes", "device before the work, by the driver", Unit.BYTES),
        ("device_reserved_bytes", "device, reserved by the driver", Unit.BYTES),
        ("warm_up_allocator_peak_bytes", "warm-up's device allocator peak", Unit.BYTES),
        ("warm_up_allocator_reserved_peak_bytes", "warm-up's device allocator, reserved", Unit.BYTES),
        ("warm_up_host_file_bytes", "warm-up's host, file pages", Unit.BYTES),
        ("warm_up_host_with_children_bytes", "warm-up's host, with children", Unit.BYTES),
        ("warm_up_host_children_bytes", "warm-up's children", Unit.BYTES),
        ("widest_sampling_gap_seconds", "widest gap in the samples of memory", Unit.SECONDS),
    )
)
