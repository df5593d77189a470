"""Where ranks find each other, by the addresses that each has, and that other code or other inputs are no equal work."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.record.outcome import Outcome
from harness.session.workers.meeting import LOOPBACK, addresses, expect_equal
from harness.session.workers.worker import WorkerFailure
from harness.worker.protocol import Offered

LOOPBACKS = {"127.0.0.1": "255.0.0.0"}


def offer(host: str, hosts: dict[str, str], network: str | None = None) -> Offered:
    return Offered(1, 2, b"key", host, "suite", "corpus", "weights", network or f"net:[{host}]", hosts | LOOPBACKS)


def addresses_in(network: str, *, prefix: int) -> st.SearchStrategy[str]:
    hosts = ipaddress.IPv4Network(f"{network}/{prefix}")
    return st.integers(1, hosts.num_addresses - 2).map(lambda number: str(hosts[number]))


def test_ranks_of_one_machine_meet_at_its_loopback() -> None:
    assert addresses([offer("a", {"10.0.0.1": "255.0.0.0"}, "net:[1]")] * 3) == [LOOPBACK] * 3
    assert addresses([offer("a", {}, "net:[1]")] * 2) == [LOOPBACK] * 2


@given(st.lists(addresses_in("10.1.0.0", prefix=16), min_size=2, max_size=5, unique=True), st.data())
def test_a_network_that_all_share_is_chosen_whatever_else_each_has(shared: list[str], data: st.DataObject) -> None:
    """A bridge of its own, say, by which nobody else can be reached, in any order beside the other one."""
    offers = []
    for number, host in enumerate(shared):
        own = {host: "255.255.0.0"} | {f"192.168.{number}.1": "255.255.255.0"}
        order = data.draw(st.permutations(list(own)))
        offers.append(offer(str(number), {each: own[each] for each in order}))
    assert addresses(offers) == shared


@given(st.integers(2, 5))
def test_in_networks_with_a_router_between_them_each_has_its_first(ranks: int) -> None:
    offers = [offer(str(number), {f"10.{number}.0.7": "255.255.0.0"}) for number in range(ranks)]
    assert addresses(offers) == [f"10.{number}.0.7" for number in range(ranks)]


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6))
def test_there_is_an_address_for_each_rank_and_the_loopback_only_where_all_have_the_same(machines: list[str]) -> None:
    hosts = {machine: {f"10.0.0.{number}": "255.255.255.0"} for number, machine in enumerate("abc", 1)}
    found = addresses([offer(machine, hosts[machine]) for machine in machines])
    assert len(found) == len(machines)
    assert (LOOPBACK in found) == (len(set(machines)) == 1)
    if len(set(machines)) > 1:
        assert found == [next(iter(hosts[machine])) for machine in machines]


@pytest.mark.parametrize("subnets", [("10.0.0", "10.0.0"), ("10.0.0", "10.9.0")])
def test_a_bridge_that_has_the_same_address_on_each_machine_is_no_network_between_them(subnets: tuple[str, str]) -> None:
    """Docker's, say: whoever calls 172.17.0.1 reaches himself."""
    bridge = {"172.17.0.1": "255.255.0.0"}
    offers = [offer(str(number), bridge | {f"{subnet}.{number + 1}": "255.255.255.0"}) for number, subnet in enumerate(subnets)]
    assert addresses(offers) == [f"{subnet}.{number + 1}" for number, subnet in enumerate(subnets)]
    with pytest.raises(WorkerFailure, match="has no address of its own beside its loopback"):
        addresses([offer("a", bridge), offer("b", bridge)])


def test_a_machine_without_a_network_is_named() -> None:
    with pytest.raises(WorkerFailure) as raised:
        addresses([offer("a", {"10.0.0.1": "255.0.0.0"}), offer("b", {})])
    assert raised.value.outcome is Outcome.UNSUPPORTED
    assert raised.value.detail.startswith("rank 1 (b) has no address of its own beside its loopback")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"suite_sha256": "of another commit"}, "runs other code of this suite than rank 0 (a): check out the same commit on both"),
        ({"corpus_sha256": "of others"}, "has another corpus than rank 0 (a): empty the folder of --input-cache there"),
        ({"corpus_sha256": ""}, "has no corpus as rank 0 has: empty"),
        ({"weights_sha256": "of others"}, "has another file of weights than rank 0 (a): empty"),
        ({"weights_sha256": ""}, "has no file of weights as rank 0 has: empty"),
    ],
)
def test_other_work_is_refused_and_the_rank_named(other: dict[str, str], told: str) -> None:
    one = offer("a", {})
    expect_equal([one, replace(one, host="b")])
    with pytest.raises(WorkerFailure) as raised:
        expect_equal([one, one, replace(one, host="b", **other)])
    assert raised.value.outcome is Outcome.UNEQUAL_WORK
    assert raised.value.detail.startswith(f"rank 2 (b) {told}")
