"""What the exchange between ranks costs their step: from the step, the same without its exchange, and the exchange alone, in turns.

All three are by the first rank's clock. So the exchange that a step waits for has in it what the first rank waits for a slower one.
"""

from __future__ import annotations

import statistics

import msgspec

from harness.findings.interval import Interval, mean_of
from harness.findings.ranks import Lag, lag
from harness.findings.ratio import shared_turns
from harness.record.measurement import ALONE, EXCHANGE, Measurement
from harness.record.round import mostly_disturbed

DISTURBED, TOO_FEW_TURNS = "disturbed", "too few turns"
NONE_SHOWN = "none shown"
ALL_HIDDEN = "all of it may be hidden"
BYTES = "exchanged_bytes"  # the figure of what each rank has summed in a step
STEP_BANDWIDTH = "step_bandwidth_share"
DERIVED = (
    "step_without_exchange_seconds",
    "exposed_exchange_seconds",
    "exposed_exchange_share",
    "exchange_alone_seconds",
    "hidden_exchange_share",
    "exchange_bytes_per_second",
    STEP_BANDWIDTH,
    "lag_seconds",
    "lag_share",
)


class Exchange(msgspec.Struct, frozen=True):
    """Seconds are a step's."""

    without_seconds: float  # of the same step without it
    alone_seconds: float  # of as many bytes, exchanged while nothing else is done
    exposed_seconds: Interval  # the step less the same without it: what it waits
    exposed_share: Interval  # of the step
    hidden_share: Interval  # of the exchange alone: what the step does not wait. Below 0 it takes longer in the step than alone
    bytes_per_second: float | None  # over the slowest link, of the exchange alone; None where nobody told the bytes
    lag: Lag | None

    @property
    def is_hiding_told(self) -> bool:
        """The interval tells an exchange that is all hidden from one that is not at all."""
        return self.hidden_share.low > 0 or self.hidden_share.high < 1

    @property
    def step_bandwidth(self) -> Interval | None:
        """Share of the bandwidth alone at which an exchange that hides nothing would cost the step as much. Over 1 where some is hidden.

        None where all of it may be hidden: that has no bound.
        """
        hidden = self.hidden_share
        return None if hidden.high >= 1 else Interval(*(1 / (1 - each) for each in (hidden.estimate, hidden.low, hidden.high)))


def exchange(measurement: Measurement) -> Exchange | None:
    """From the turns in which all three were undisturbed. None where there are no such references, or `why_not` says why."""
    if not has_exchange(measurement) or is_disturbed(measurement):
        return None
    references = measurement.references
    together, without, alone = shared_turns(measurement, measurement.rounds, references[ALONE], references[EXCHANGE])
    exposed = [both - own for both, own in zip(together, without, strict=True)]
    seconds = mean_of(exposed)
    share = mean_of([each / both for each, both in zip(exposed, together, strict=True)])
    hidden = mean_of([1 - each / whole for each, whole in zip(exposed, alone, strict=True)])
    if seconds is None or share is None or hidden is None:
        return None
    alone_seconds = statistics.median(alone)
    moved = bus_bytes(measurement)
    return Exchange(
        without_seconds=statistics.median(without),
        alone_seconds=alone_seconds,
        exposed_seconds=seconds,
        exposed_share=share,
        hidden_share=hidden,
        bytes_per_second=moved / alone_seconds if moved else None,
        lag=lag(measurement),
    )


def has_exchange(measurement: Measurement) -> bool:
    return measurement.references.keys() >= {ALONE, EXCHANGE}


def is_disturbed(measurement: Measurement) -> bool:
    return any(map(mostly_disturbed, (measurement.rounds, measurement.references[ALONE], measurement.references[EXCHANGE])))


def why_not(measurement: Measurement) -> str:
    """Why nothing can be told of its exchange."""
    return DISTURBED if is_disturbed(measurement) else TOO_FEW_TURNS


def bus_bytes(measurement: Measurement) -> float:
    """What a sum over all ranks sends over the link of each of them, at the least.

    A rank of n sends, and gets, 2 (n - 1) / n of what is summed. So NVIDIA's nccl-tests have it, as the bus bandwidth of an all-reduce
    (doc/PERFORMANCE.md there): it compares with what the hardware can do, whatever the number of ranks.
    """
    ranks = measurement.case.ranks
    return measurement.figures.get(BYTES, 0.0) * 2 * (ranks - 1) / ranks


def with_figures(measurement: Measurement) -> Measurement:
    """With what the exchange costs among its figures, or the reason why that is not told. One without exchange stays as it is."""
    if not has_exchange(measurement):
        return measurement
    found = exchange(measurement)
    figures, missing = ({}, dict.fromkeys(DERIVED, why_not(measurement))) if found is None else _figures(found)
    others = [{name: each for name, each in told.items() if name not in DERIVED} for told in (measurement.figures, measurement.missing)]
    return msgspec.structs.replace(measurement, figures=others[0] | figures, missing=others[1] | missing)


def _figures(found: Exchange) -> tuple[dict[str, float], dict[str, str]]:
    """And what is missing of them."""
    figures = {
        "step_without_exchange_seconds": found.without_seconds,
        "exposed_exchange_seconds": found.exposed_seconds.estimate,
        "exposed_exchange_share": found.exposed_share.estimate,
        "exchange_alone_seconds": found.alone_seconds,
        "hidden_exchange_share": found.hidden_share.estimate,
    }
    missing = {}
    if found.bytes_per_second:
        figures["exchange_bytes_per_second"] = found.bytes_per_second
    if bandwidth := found.step_bandwidth:
        figures[STEP_BANDWIDTH] = bandwidth.estimate
    else:
        missing[STEP_BANDWIDTH] = ALL_HIDDEN
    if found.lag is not None:
        figures |= {"lag_seconds": found.lag.seconds.estimate, "lag_share": found.lag.share.estimate}
    else:
        missing |= dict.fromkeys(("lag_seconds", "lag_share"), TOO_FEW_TURNS)
    return figures, missing


def intervals(measurement: Measurement) -> dict[str, float]:
    """The bounds of what stands among the figures, for whoever reads the JSON."""
    found = exchange(measurement)
    if found is None:
        return {}
    told = {
        "exposed_exchange_seconds": found.exposed_seconds,
        "exposed_exchange_share": found.exposed_share,
        "hidden_exchange_share": found.hidden_share,
        STEP_BANDWIDTH: found.step_bandwidth,
    }
    if found.lag is not None:
        told |= {"lag_seconds": found.lag.seconds, "lag_share": found.lag.share}
    return {f"{name}_{end}": getattr(each, end) for name, each in told.items() if each for end in ("low", "high")}


def exchange_words(measurement: Measurement) -> dict[str, str]:
    """Intervals, and what is said in the place of a number, by the figures' names; nothing where there is no exchange."""
    if not has_exchange(measurement):
        return {}
    found = exchange(measurement)
    if found is None:
        return {"exposed_exchange_share": f"not called: {why_not(measurement)}"}  # once, not in a row for each of them
    said = {
        "exposed_exchange_share_interval": in_percent(found.exposed_share),
        "hidden_exchange_share_interval": in_percent(found.hidden_share),
    }
    if not found.is_hiding_told:
        said["hidden_exchange_share"] = "cannot be told"
    if found.step_bandwidth is None:
        said[STEP_BANDWIDTH] = ALL_HIDDEN
    if found.lag is not None and not found.lag.is_shown:
        said |= dict.fromkeys(("lag_seconds", "lag_share"), NONE_SHOWN)
    return said


def in_percent(interval: Interval) -> str:
    return f"{100 * interval.low:.1f} – {interval.high:.1%}"
