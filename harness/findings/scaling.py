"""How an input pipeline grows with its workers: what each of them brought, where the growth stops, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from harness.record.measurement import Measurement, ScalingPoint
from harness.record.round import mostly_disturbed

GROWING_SHARE = 0.2  # of what added workers could bring: less is near the noise of two medians, and no reason to give a pipeline more cores


class Stop(StrEnum):
    """Why more workers bring no more images."""

    CORES = "cores"  # they would: there are no more cores
    MACHINE = "machine"  # the limit gains no more there either: cores that share their units, memory that is shared by all
    WAITING = "waiting"  # not all workers are busy: they wait for a serial stage, a lock, or the consumer
    CONTENTION = "contention"  # an image costs more CPU time: caches, or locks that are spun on


class SpeedUp(msgspec.Struct, frozen=True):
    """Over the fewest workers."""

    point: ScalingPoint
    speed_up: float
    limit_speed_up: float

    @property
    def efficiency(self) -> float:
        """Share of a speed-up in which every worker brings as much as the first. Counts begin with one worker."""
        return self.speed_up / self.point.workers

    @property
    def limit_efficiency(self) -> float:
        return self.limit_speed_up / self.point.workers

    @property
    def share_of_limit(self) -> float:
        return self.point.images_per_second / self.point.limit_images_per_second


class Growth(msgspec.Struct, frozen=True):
    """Where it stops."""

    last: ScalingPoint  # that was worth its workers
    beyond: ScalingPoint | None  # the next one, which was not; None where there are no more cores
    stop: Stop

    @property
    def why(self) -> str:
        last, beyond = self.last, self.beyond
        if beyond is None:
            return "there are no more cores"
        match self.stop:
            case Stop.MACHINE:
                gained = beyond.limit_images_per_second / last.limit_images_per_second - 1
                return f"the limit gains no more either, {gained:+.0%} with {beyond.workers} threads: it is the machine"
            case Stop.WAITING:
                busy = f"{beyond.workers} workers keep {beyond.busy_cores:.1f} cores busy"
                return f"{busy}: they wait for a serial stage, a lock or the consumer"
            case _:
                cost = beyond.cpu_seconds_per_image / last.cpu_seconds_per_image
                return f"with {beyond.workers} workers an image costs {cost:.2f}× the CPU time: they are in each other's way"


def speed_ups(points: Sequence[ScalingPoint]) -> list[SpeedUp]:
    """points: by number of workers, from one on."""
    first = points[0]
    return [
        SpeedUp(
            each,
            each.images_per_second / first.images_per_second,
            each.limit_images_per_second / first.limit_images_per_second,
        )
        for each in points
    ]


def called_growth(measurement: Measurement) -> Growth | None:
    """None where most rounds of any count, or of its limit, were disturbed: what stopped it then was other processes."""
    everything = (measurement.rounds, *measurement.references.values())
    return None if any(map(mostly_disturbed, everything)) else growth(measurement.scaling)


def growth(points: Sequence[ScalingPoint]) -> Growth:
    """It stops at the first number of workers that no larger one improves on: a single slow point in between is not the end.

    points: by number of workers, from one on.
    """
    for place, point in enumerate(points[:-1]):
        larger = points[place + 1 :]
        if all(_gained_share(point, each, _speed) < GROWING_SHARE for each in larger):
            return Growth(point, larger[0], _reason(point, larger[0]))
    return Growth(points[-1], None, Stop.CORES)


def _reason(last: ScalingPoint, beyond: ScalingPoint) -> Stop:
    """Images/s are busy cores over CPU time an image. So what is missing to full growth is idle workers times dearer images, no more:

    the larger of the two is named, unless the machine itself gains nothing.
    """
    if _gained_share(last, beyond, lambda point: point.limit_images_per_second) < GROWING_SHARE:
        return Stop.MACHINE
    idle = (beyond.workers / last.workers) / (beyond.busy_cores / last.busy_cores)
    dearer = beyond.cpu_seconds_per_image / last.cpu_seconds_per_image
    return Stop.WAITING if math.log(idle) >= math.log(dearer) else Stop.CONTENTION


def _gained_share(last: ScalingPoint, beyond: ScalingPoint, speed: Callable[[ScalingPoint], float]) -> float:
    """Of what the added workers could bring. Negative where they do harm."""
    return (speed(beyond) / speed(last) - 1) / (beyond.workers / last.workers - 1)


def _speed(point: ScalingPoint) -> float:
    return point.images_per_second
