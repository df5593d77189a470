"""Where the ranks of a side find each other, and whether they would do the same work: by the same code, on the same inputs."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from harness.record.outcome import Outcome
from harness.session.workers.worker import WorkerFailure
from harness.worker.protocol import Offered

LOOPBACK = "127.0.0.1"


def expect_equal(offers: Sequence[Offered]) -> None:
    """Raises WorkerFailure, which names the rank, where one would do other work than the first: by other code, or on other inputs."""
    for number, offer in enumerate(offers):
        _expect_same(number, offer, offers[0])


def _expect_same(number: int, ours: Offered, first: Offered) -> None:
    whose, others = f"rank {number} ({ours.host})", f"than rank 0 ({first.host})"
    if ours.suite_sha256 != first.suite_sha256:
        mend = "check out the same commit on both, nothing changed in it"
        raise WorkerFailure(Outcome.UNEQUAL_WORK, f"{whose} runs other code of this suite {others}: {mend}")
    for what, found, expected in (
        ("corpus", ours.corpus_sha256, first.corpus_sha256),
        ("file of weights", ours.weights_sha256, first.weights_sha256),
    ):
        if found != expected:
            lacks = "no" if not found else "another"
            mend = "empty the folder of --input-cache there, or copy that of rank 0 to the same place"
            raise WorkerFailure(Outcome.UNEQUAL_WORK, f"{whose} has {lacks} {what} {'as rank 0 has' if not found else others}: {mend}")


def addresses(offers: Sequence[Offered]) -> list[str]:
    """Of each rank an address that the others can reach: on one machine its loopback, else one in a network that all share.

    Raises WorkerFailure where there is none.
    """
    if len({offer.network for offer in offers}) == 1:
        return [LOOPBACK] * len(offers)
    own = [_own(offer, offers) for offer in offers]
    shared = [_networks(offer, hosts) for offer, hosts in zip(offers, own, strict=True)]
    common = [network for network in shared[0] if all(network in each for each in shared)]
    if common:
        return [each[common[0]] for each in shared]
    reachable = [next(iter(hosts), "") for hosts in own]
    if not all(reachable):
        lost = ", ".join(f"rank {number} ({offers[number].host})" for number, host in enumerate(reachable) if not host)
        raise WorkerFailure(
            Outcome.UNSUPPORTED, f"{lost} has no address of its own beside its loopback: the ranks of several machines need a network"
        )
    return reachable  # in different networks: a router is between them


def _own(offer: Offered, offers: Sequence[Offered]) -> list[str]:
    """Its addresses but for the loopback's, and for what another machine has, too: Docker gives each machine's bridge the same one."""
    others = {host for each in offers if each.network != offer.network for host in each.hosts}
    return [host for host in offer.hosts if not _is_loopback(host) and host not in others]


def _networks(offer: Offered, hosts: Sequence[str]) -> dict[ipaddress.IPv4Network, str]:
    """Of these addresses, each in its network."""
    return {ipaddress.IPv4Network(f"{host}/{offer.hosts[host]}", strict=False): host for host in hosts}


def _is_loopback(host: str) -> bool:
    return ipaddress.IPv4Address(host).is_loopback
