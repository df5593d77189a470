"""What each launched rank has for itself: all that its launcher has given it alone, and a share of what it has in common with others."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Sequence

import execnet

from harness.session.launched.announced import Announced
from harness.session.workers.places import Given, Place
from harness.session.workers.worker import VIA
from harness.worker.share import Share


def name(number: int, host: str) -> str:
    """Of the gateway to it, as messages call it."""
    return f"rank {number} on {host}"


def given(spec: str, ranks: Sequence[Announced]) -> Given:
    """spec: of the framework's workers on each machine; ranks: by number."""
    return Given(tuple(Place(_spec(spec, each), each.files, share(each, ranks)) for each in ranks))


def share(own: Announced, ranks: Sequence[Announced]) -> Share:
    beside = [each for each in ranks if each.machine == own.machine]
    number = beside.index(own)
    part = (0, 1) if _are_apart([each.cores for each in beside]) else (number, len(beside))
    return Share(*part, gpu=0 if _are_apart([each.gpus for each in beside]) else number)


def _are_apart(everybodys: Sequence[Collection[int | str]]) -> bool:
    """Whether the launcher has shared it out itself."""
    everything = [each for own in everybodys for each in own]
    return len(set(everything)) == len(everything) > 0


def _spec(spec: str, rank: Announced) -> str:
    """The first one's are started by pytest itself; each other one's through its place."""
    if rank.number == 0:
        return spec
    python = "" if execnet.XSpec(spec).python else f"//python={shlex.quote(sys.executable)}"
    return f"{spec}{python}{VIA}{name(rank.number, rank.host)}"
