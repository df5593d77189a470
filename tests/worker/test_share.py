"""What a rank takes of its machine before anything else is imported, in a process of its own: cores, and a GPU of a scripted driver."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.record.outcome import Outcome, Unsupported
from harness.worker import serve
from harness.worker.protocol import Offer
from harness.worker.share import WHOLE, Share, Taken
from tests.session.conftest import PROJECT
from tests.session.workers.crews import SETUP
from tests.stand_in.framework import StandIn
from tests.worker.nvml import fake
from tests.worker.nvml.test_probe import DIVIDED, MIG, OTHER_GPU, OTHER_MIG, TWO_GPUS

TAKING = """
import json, os, sys
from harness.record.outcome import Unsupported
from harness.worker.share import TAKEN, Share
TAKEN.take(Share(*json.loads(sys.argv[1])))
refused = ""
try:
    TAKEN.expect_gpu()
except Unsupported as error:
    refused = str(error)
print(json.dumps([os.environ.get("CUDA_VISIBLE_DEVICES"), sorted(os.sched_getaffinity(0)), refused, TAKEN.told()["cores_shared"]]))
"""
UNTOLD = f"{TWO_GPUS}fail nvmlDeviceGetUUID 3\n"


def taken(share: Share, environment: dict[str, str]) -> tuple[str | None, list[int], str, str]:
    """CUDA_VISIBLE_DEVICES, the CPUs, the refusal, and what is shared."""
    own = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"} | environment
    given = msgspec.json.encode(msgspec.structs.astuple(share)).decode()
    command = [sys.executable, "-c", TAKING, given]
    done = subprocess.run(command, cwd=PROJECT, env=own, capture_output=True, text=True, timeout=120, check=True)
    return tuple(msgspec.json.decode(done.stdout))  # type: ignore[return-value]


def on(folder: Path, script: str, share: Share, visible: str | None = None) -> tuple[str | None, list[int], str, str]:
    return taken(share, fake.variables(folder, script) | ({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}))


def test_each_rank_has_a_gpu_of_its_own_by_its_uuid(tmp_path: Path) -> None:
    assert on(tmp_path, TWO_GPUS, Share(0, 2, 2, gpu=0))[0] == fake.GPU
    assert on(tmp_path, TWO_GPUS, Share(1, 2, 2, gpu=1))[0] == OTHER_GPU


@pytest.mark.parametrize(
    ("visible", "expected"),
    [("1,0", [OTHER_GPU, fake.GPU]), (f"{OTHER_GPU[:12]},{fake.GPU}", [OTHER_GPU, fake.GPU]), ("1", [OTHER_GPU]), ("0,9,1", [fake.GPU])],
)
def test_what_the_user_leaves_is_shared_out_in_that_order(tmp_path: Path, visible: str, expected: list[str]) -> None:
    for number, uuid in enumerate(expected):
        assert on(tmp_path, TWO_GPUS, Share(gpu=number), visible)[0] == uuid
    assert on(tmp_path, TWO_GPUS, Share(gpu=len(expected)), visible)[2]


def test_parts_of_a_gpu_that_are_named(tmp_path: Path) -> None:
    assert on(tmp_path, DIVIDED, Share(gpu=0))[0] == MIG  # of a whole one CUDA shows the first
    assert on(tmp_path, DIVIDED, Share(gpu=1), f"{MIG},{OTHER_MIG}")[0] == OTHER_MIG


def test_more_ranks_than_gpus_are_refused_in_a_sentence(tmp_path: Path) -> None:
    visible, _, refused, _ = on(tmp_path, TWO_GPUS, Share(2, 4, 4, gpu=2))
    assert visible is None
    assert refused == (
        "there are 2 GPUs for 4 ranks on this machine, and NCCL takes no two ranks on one: "
        "ask for fewer with --ranks, or hide the GPUs from all with CUDA_VISIBLE_DEVICES=-1 to measure on the cores"
    )


@pytest.mark.parametrize("visible", ["", "-1"])
def test_hidden_gpus_leave_the_cores(tmp_path: Path, visible: str) -> None:
    told, cpus, refused, _ = on(tmp_path, TWO_GPUS, Share(0, 2, 2, gpu=0), visible)
    assert (told, refused) == (visible, "")
    assert cpus


def test_a_driver_that_does_not_answer_leaves_the_cores(tmp_path: Path) -> None:
    assert on(tmp_path, f"{TWO_GPUS}fail nvmlInitWithFlags 9\n", Share(0, 2, 2, gpu=0))[0] is None


def test_a_gpu_without_a_uuid_is_given_to_nobody(tmp_path: Path) -> None:
    assert on(tmp_path, UNTOLD, Share(gpu=0))[0] is None


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")
def test_ranks_have_cores_of_their_own_with_gpus_and_without(tmp_path: Path) -> None:
    for first, second in (
        [taken(Share(number, 2, 2, gpu=number), {}) for number in range(2)],
        [on(tmp_path, TWO_GPUS, Share(number, 2, 2, gpu=number)) for number in range(2)],
    ):
        assert len(first[1]) == len(second[1]) > 0
        assert not set(first[1]) & set(second[1])


def test_ranks_that_share_cores_say_so() -> None:
    many = len(os.sched_getaffinity(0)) + 1
    assert taken(Share(many - 1, many, many, gpu=many - 1), {})[3] == "cores"
    assert taken(Share(0, many, 1, gpu=0), {})[3] == "no"  # the others are not there in this case


def test_the_affinity_that_was_given_is_kept() -> None:
    only = min(os.sched_getaffinity(0))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {only})
    try:
        assert taken(Share(1, 2, 2, gpu=1), {})[1] == [only]
    finally:
        os.sched_setaffinity(0, before)


def test_a_worker_that_is_no_rank_has_the_whole_machine(tmp_path: Path) -> None:
    visible, cpus, refused, _ = on(tmp_path, TWO_GPUS, WHOLE)
    assert (visible, refused) == (None, "")
    assert set(cpus) == os.sched_getaffinity(0)


def test_nothing_is_lacking_before_it_is_taken() -> None:
    fresh = Taken()
    fresh.expect_gpu()
    assert not fresh.lacks_gpu


def test_a_rank_without_a_gpu_ends_its_case_as_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any engine waits for it."""
    own = Taken()
    monkeypatch.setattr(own, "_share", Share(gpu=1, ranks=2))
    monkeypatch.setattr(own, "_gpus", (fake.GPU,))
    monkeypatch.setattr(serve, "TAKEN", own)
    monkeypatch.setattr(StandIn, "sees_gpu", lambda self: True)
    server = serve.Server("tests.stand_in.sound", lambda message: None)
    with pytest.raises(Unsupported) as raised:
        server.answer(Offer(SETUP))
    assert str(raised.value).startswith("there is 1 GPU for 2 ranks on this machine")
    assert server.failure(raised.value).outcome is Outcome.UNSUPPORTED
