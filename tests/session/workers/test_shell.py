"""What a shell has set, and what becomes of it in a worker's process."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.frameworks import FRAMEWORKS
from harness.frameworks.listing import Listing
from harness.record.fairness import SURROUNDINGS, Source
from harness.record.outcome import Outcome
from harness.session.workers.gateway import Gateway
from harness.session.workers.worker import Worker, WorkerFailure
from tests.session.conftest import PROJECT
from tests.session.workers.test_worker import SOUND

SECONDS = 60.0
PRELOADED = "libanl"  # glibc's, which nothing here loads by itself
LIBRARIES = sorted(path for folder in ("/lib", "/usr/lib") for path in Path(folder).glob(f"*/{PRELOADED}.so.1"))
NEUTRAL, HABIT = SURROUNDINGS, frozenset[Source]()
LEFT = {"OMP_PROC_BIND": "close", "MKL_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "3", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=1"}


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Worker]]:
    listing = Listing(place=9, title="Surrounded", module="tests.stand_in.surrounded", executions={}, leftovers=("OWN_*",))
    monkeypatch.setitem(FRAMEWORKS, "surrounded", listing)
    for name, value in (LEFT | {"OWN_SETTING": "1", "OWN_HOME": "/somewhere", "OF_NOBODY": "2"}).items():
        monkeypatch.setenv(name, value)
    if LIBRARIES:
        monkeypatch.setenv("LD_PRELOAD", str(LIBRARIES[0]))
    started: list[Worker] = []
    yield started
    for each in started:
        each.close()


def environment(workers: list[Worker], surroundings: frozenset[Source], spec: str = "popen") -> dict[str, str]:
    workers.append(Worker("surrounded", spec, surroundings, [str(PROJECT)]))
    found: dict[str, str] = workers[-1].call(SOUND, SECONDS, lambda _: None)
    return found


def test_a_neutral_worker_is_without_it(workers: list[Worker]) -> None:
    found = environment(workers, NEUTRAL)
    assert not {*LEFT, "OWN_SETTING", "LD_PRELOAD"} & found.keys()
    assert found.items() >= {"OMP_WAIT_POLICY": "PASSIVE", "OWN_HOME": "/somewhere", "OF_NOBODY": "2"}.items()
    assert PRELOADED not in found["maps"], "another allocator is in the process before its first line"


def test_by_habit_it_has_all_of_it(workers: list[Worker]) -> None:
    found = environment(workers, HABIT)
    assert found.items() >= (LEFT | {"OWN_SETTING": "1"}).items()
    assert bool(LIBRARIES) == (PRELOADED in found["maps"])


def test_what_the_spec_says_wins(workers: list[Worker]) -> None:
    preload = f"//env:LD_PRELOAD={LIBRARIES[0]}" if LIBRARIES else ""
    found = environment(workers, NEUTRAL, f"popen//env:OMP_PROC_BIND=spread//env:GLIBC_TUNABLES=glibc.malloc.tcache_count=2{preload}")
    assert found["OMP_PROC_BIND"] == "spread"
    assert found["GLIBC_TUNABLES"] == "glibc.malloc.tcache_count=2"
    assert "MKL_NUM_THREADS" not in found
    assert bool(LIBRARIES) == (PRELOADED in found["maps"])


def test_a_worker_that_pins_itself_is_an_error_that_names_the_variable(workers: list[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        pytest.skip("it takes two cores to lose one")
    monkeypatch.setenv("STAND_IN_PINNED", "1")
    for surroundings, told in ((HABIT, "by OMP_PROC_BIND=close. Unset it"), (NEUTRAL, "something in this worker has set its affinity")):
        with pytest.raises(WorkerFailure) as raised:
            environment(workers, surroundings)
        assert raised.value.outcome is Outcome.ERROR
        assert f"the main thread may run on 1 of the {cores} cores" in raised.value.detail
        assert told in raised.value.detail


def test_an_interpreter_behind_ssh_is_started_without_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ssh that runs what it is given here, in a shell, as the real one does there."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexport GLIBC_TUNABLES=there MALLOC_CONF=there\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    gateway = Gateway(f"ssh=host//python={shlex.quote(sys.executable)}//env:MALLOC_CONF=a b", {}, "any", ("GLIBC_TUNABLES", "MALLOC_CONF"))
    try:
        read = "channel.receive()\nchannel.send([each.decode() for each in open('/proc/self/environ', 'rb').read().split(bytes(1))])"
        found = gateway.run(read).receive(SECONDS)
    finally:
        gateway.close()
    assert "MALLOC_CONF=a b" in found
    assert not any(each.startswith("GLIBC_TUNABLES") for each in found)
