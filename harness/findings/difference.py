"""The difference of two whole jobs' results, and its interval over the validation images: not over seeds, nor over other images.

Both sides' images are taken as drawn independently, which is on the safe side where they are the same.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import msgspec

from harness.findings.ratio import CONFIDENCE
from harness.record.measurement import Epoch, Measurement

DEVIATION = "validation_loss_deviation"  # over the images, a figure of the fine-tuning


class Difference(msgspec.Struct, frozen=True):
    """The first side's figure less the second's."""

    estimate: float
    low: float
    high: float

    @property
    def is_shown(self) -> bool:
        """The whole interval is on one side of 0."""
        return self.low > 0 or self.high < 0


def of_losses(first: Measurement, second: Measurement) -> Difference:
    """Of the last epochs' validation losses: the normal interval of a difference of two means."""
    ours, theirs = first.epochs[-1], second.epochs[-1]
    variances = [each.figures[DEVIATION] ** 2 / each.epochs[-1].validation_images for each in (first, second)]
    estimate, reach = ours.validation_loss - theirs.validation_loss, _z() * math.sqrt(sum(variances))
    return Difference(estimate, estimate - reach, estimate + reach)


def of_accuracies(first: Measurement, second: Measurement) -> Difference:
    """Of the last epochs' validation accuracies: Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10)."""
    ours, theirs = first.epochs[-1].validation_accuracy, second.epochs[-1].validation_accuracy
    our_low, our_high = share_interval(first.epochs[-1])
    their_low, their_high = share_interval(second.epochs[-1])
    estimate = ours - theirs
    return Difference(
        estimate, estimate - math.hypot(ours - our_low, their_high - theirs), estimate + math.hypot(our_high - ours, theirs - their_low)
    )


def share_interval(epoch: Epoch) -> tuple[float, float]:
    """Of the accuracy: Wilson's score interval (JASA 22, 1927)."""
    share, images, z = epoch.validation_accuracy, epoch.validation_images, _z()
    centre = (share + z**2 / (2 * images)) / (1 + z**2 / images)
    reach = z / (1 + z**2 / images) * math.sqrt(share * (1 - share) / images + z**2 / (4 * images**2))
    return centre - reach, centre + reach


def _z() -> float:
    return NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
