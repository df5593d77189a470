"""The table of one pipeline's scaling: a row a number of workers, and where the growth stops."""

from __future__ import annotations

from harness.findings.lead import name
from harness.findings.models import headed
from harness.findings.outputs.sheet import Sheet
from harness.findings.scaling import Growth, called_growth, speed_ups
from harness.findings.sides import title
from harness.record.measurement import Measurement, ScalingPoint


def scaling_table(measurement: Measurement, model: str = "") -> Sheet:
    """Of a measured `pipeline_scaling`. model: its title, where it needs telling."""
    way = f"{title(measurement.case.framework)}'s {name(measurement)}"
    item = measurement.item
    table = Sheet(f"{headed(f'{way} pipeline', model)} by workers, beside the limit with as many threads")
    for heading in ("workers", f"{item}s/s", "speed-up", "efficiency", f"limit {item}s/s", "speed-up", "efficiency", "of the limit"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("busy cores", f"CPU ms/{item}"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("growth", no_wrap=True)
    end = called_growth(measurement)
    for each in speed_ups(measurement.scaling):
        point = each.point
        table.add_row(
            str(point.workers),
            f"{point.images_per_second:,.0f}",
            f"{each.speed_up:.2f}",
            f"{each.efficiency:.0%}",
            f"{point.limit_images_per_second:,.0f}",
            f"{each.limit_speed_up:.2f}",
            f"{each.limit_efficiency:.0%}",
            f"{each.share_of_limit:.0%}",
            f"{point.busy_cores:.2f}",
            f"{1e3 * point.cpu_seconds_per_image:.2f}",
            _growth(end, point, measurement.scaling[-1]),
        )
    return table


def _growth(end: Growth | None, point: ScalingPoint, last: ScalingPoint) -> str:
    if end is None:
        return "not called: disturbed" if point == last else ""
    return f"up to here: {end.why}" if point == end.last else ""
