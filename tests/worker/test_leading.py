"""The line between ranks: each call is done once by all, in the leader's order, however its bytes are cut; and who comes to it."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.outcome import Outcome
from harness.worker.leading import CALLS, OVER, Call, Followers, GoneError, LateError, Leader, led

NAMES = ("alone", "exchange", "together")
KEY = b"0123456789abcdef"
SECONDS = 20.0
CALLED = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(Call)), max_size=40)

Called = tuple[str, Call]


class Noting:
    """A work that notes what it is asked."""

    def __init__(self, name: str, noted: list[Called]) -> None:
        self._name, self._noted = name, noted

    def step(self) -> None:
        self._noted.append((self._name, Call.STEP))

    def fence(self) -> None:
        self._noted.append((self._name, Call.FENCE))

    def read_back(self) -> float:
        self._noted.append((self._name, Call.READ_BACK))
        return 7.0

    def close(self) -> None:
        pass


class Cut:
    """A line that gives what was written to it in pieces of those sizes, the last one again and again."""

    def __init__(self, said: bytes, sizes: list[int]) -> None:
        self._said, self._sizes = said, sizes

    def recv(self, most: int) -> bytes:
        size = min(most, self._sizes.pop(0) if len(self._sizes) > 1 else self._sizes[0])
        found, self._said = self._said[:size], self._said[size:]
        return found


def works(noted: list[Called]) -> dict[str, Noting]:
    return {name: Noting(name, noted) for name in NAMES}


def does(name: str, call: Call, led_works: dict[str, Noting]) -> None:
    {Call.STEP: led_works[name].step, Call.FENCE: led_works[name].fence, Call.READ_BACK: led_works[name].read_back}[call]()


def said_by_the_leader(calls: list[Called], noted: list[Called]) -> bytes:
    """What goes over the line when it does those calls. noted: by its own works."""
    here, there = socket.socketpair()
    with here, there:
        followers = Followers({1: here})
        leading = cast(dict[str, Noting], led(works(noted), followers))
        for name, call in calls:
            does(name, call, leading)
        followers.tell(OVER)
        return there.recv(4096)


@given(requests=st.lists(CALLED, min_size=1, max_size=3), sizes=st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_followers_do_what_the_leader_does_however_the_bytes_are_cut(requests: list[list[Called]], sizes: list[int]) -> None:
    """Several requests may come at once: what is behind the end of one is the next one's."""
    noted: list[Called] = []
    line = Cut(b"".join(said_by_the_leader(calls, noted) for calls in requests), sizes)
    assert noted == [call for calls in requests for call in calls]
    leader = Leader(cast(socket.socket, line))
    for calls in requests:
        followed, told = list[Called](), list[Called]()
        leader.follow(works(followed), lambda name, call, seconds, told=told: told.append((name, call)))
        assert followed == told == calls
    with pytest.raises(GoneError):
        leader.follow(works([]), lambda *_: None)


def test_a_leader_reads_back_what_its_own_work_says() -> None:
    assert led(works([]), Followers({}))["alone"].read_back() == 7.0


def test_every_call_of_every_work_has_a_byte_of_its_own() -> None:
    """Below the one that ends a request."""
    assert len(Call) <= CALLS
    assert (len(NAMES) - 1) * CALLS + max(Call) < OVER


def test_a_follower_s_work_that_fails_is_its_own_failure() -> None:
    class Broken(Noting):
        def step(self) -> None:
            raise ValueError("broken")

    leader = Leader(cast(socket.socket, Cut(bytes([int(Call.STEP), OVER]), [1])))
    with pytest.raises(ValueError, match="broken"):
        leader.follow({"alone": Broken("alone", [])}, lambda *_: None)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_who_is_gone_is_named(count: int) -> None:
    pairs = [socket.socketpair() for _ in range(count)]
    with contextlib.ExitStack() as ends:
        for pair in pairs:
            for each in pair:
                ends.enter_context(each)
        followers = Followers({number: pair[0] for number, pair in enumerate(pairs, 1)})
        followers.tell(0)
        pairs[-1][1].close()
        with pytest.raises(GoneError, match=rf"^rank {count} is gone \(Broken pipe\)$"):
            followers.tell(0)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held


def address(listening: socket.socket) -> str:
    return f"127.0.0.1:{listening.getsockname()[1]}"


def come(listening: socket.socket, number: int, key: bytes = KEY) -> Leader:
    return Leader.at(address(listening), number, key, SECONDS)


def stranger(listening: socket.socket, said: bytes, stays: bool) -> socket.socket:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            line = socket.create_connection(("127.0.0.1", listening.getsockname()[1]), timeout=SECONDS)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    line.sendall(said)
    if not stays:
        line.close()
    return line


def test_ranks_are_told_apart_by_what_they_say_and_not_by_when_they_come(listening: socket.socket) -> None:
    with ThreadPoolExecutor() as threads:
        followers = threads.submit(Followers.of, listening, 3, KEY, SECONDS)
        leaders = [threads.submit(come, listening, number) for number in (3, 1, 2)]
        found = followers.result(SECONDS)
        for each in leaders:
            each.result(SECONDS)
    assert [*found._lines] == [1, 2, 3]
    found.tell(OVER)
    for each in leaders:
        each.result().follow(works([]), lambda *_: None)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: there\r\n\r\n",
        KEY,
        KEY + b"\0",
        secrets.token_bytes(16) + b"\0\1",
        KEY + b"\0\0",
        KEY + b"\0\3",
        KEY[:-1],
    ],
    ids=[
        "nothing",
        "a browser",
        "the key alone",
        "half a number",
        "another key",
        "the leader's number",
        "too large a number",
        "half a key",
    ],
)
@pytest.mark.parametrize("stays", [True, False])
def test_a_stranger_is_nobody_s_rank_and_keeps_nobody_waiting(listening: socket.socket, said: bytes, stays: bool) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor() as threads:
        followers = threads.submit(Followers.of, listening, 1, KEY, SECONDS)
        line = stranger(listening, said, stays)
        leader = come(listening, 1)
        found = followers.result(SECONDS)
    found.tell(OVER)
    leader.follow(works([]), lambda *_: None)
    assert time.monotonic() - started < SECONDS / 2
    line.close()


def test_a_rank_comes_once(listening: socket.socket) -> None:
    """The second one of its number is a stranger, as one that was told the key twice would be."""
    with ThreadPoolExecutor() as threads:
        followers = threads.submit(Followers.of, listening, 2, KEY, SECONDS)
        first, second = come(listening, 1), come(listening, 1)
        come(listening, 2)
        found = followers.result(SECONDS)
    found.tell(OVER)
    first.follow(works([]), lambda *_: None)
    with pytest.raises(GoneError):
        second.follow(works([]), lambda *_: None)


def test_bytes_that_come_one_by_one_are_put_together(listening: socket.socket) -> None:
    with ThreadPoolExecutor() as threads:
        followers = threads.submit(Followers.of, listening, 1, KEY, SECONDS)
        line = stranger(listening, b"", stays=True)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in KEY + b"\0\1":
            line.sendall(bytes([byte]))
            time.sleep(0.001)
        assert [*followers.result(SECONDS)._lines] == [1]
    line.close()


def test_who_has_not_come_in_time_is_named(listening: socket.socket) -> None:
    late: Callable[[], Followers] = lambda: Followers.of(listening, 3, KEY, 0.5)  # noqa: E731
    timer = threading.Timer(0.1, lambda: come(listening, 2))
    timer.start()
    with pytest.raises(LateError, match=r"^rank 1, 3 has not come to rank 0 within 0.5 s \(--case-timeout\)$"):
        late()
    timer.join()
    assert LateError.outcome is Outcome.TIMEOUT


def test_a_leader_that_listens_late_is_waited_for_and_one_that_never_does_is_not(listening: socket.socket) -> None:
    with ThreadPoolExecutor() as threads:
        leader = threads.submit(come, listening, 1)
        time.sleep(0.3)
        followers = threads.submit(Followers.of, listening, 1, KEY, SECONDS)
        assert [*followers.result(SECONDS)._lines] == [1]
        leader.result(SECONDS)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        started = time.monotonic()
        with pytest.raises(LateError, match=r"^rank 0 does not answer at 127\.0\.0\.1:\d+ within 0.3 s \(--case-timeout\): "):
            Leader.at(address(silent), 1, KEY, 0.3)
        assert time.monotonic() - started < SECONDS / 2
