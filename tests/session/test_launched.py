"""Ranks that a launcher has started: pytest runs once for each, the first one measures, the others serve it and end with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing

import pytest

from harness.session.launched.secret import VARIABLE
from tests.frameworks.conftest import interpreter
from tests.links.link import NoLinkError, make_link
from tests.session.conftest import DEADLINE_SECONDS, InnerRun, measurements
from tests.session.test_machines import BENCHMARK

pytestmark = pytest.mark.slow

SECRET = "one that is long enough"
TOGETHER_SECONDS = 200.0  # of the first one's end and the others'


class Launched:
    """An inner run that is launched as several ranks."""

    def __init__(self, inner: InnerRun) -> None:
        self.inner = inner
        inner.use("ranked", original="tests.stand_in.original")
        (inner.folder / "benchmarks" / "test_inner.py").write_text(BENCHMARK)
        inner.set(XDG_STATE_HOME=str(inner.folder / "state"))
        self.options = (
            "--model=mlp",
            f"--benchmark-json={inner.folder / 'out.json'}",
        )
        self._port = free_port()

    def rank(self, number: int, *arguments: str, count: int = 2, **variables: str) -> subprocess.Popen[str]:
        """As torchrun starts it."""
        own = {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
        own |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(self._port), "OMP_NUM_THREADS": "1"}
        own |= {"TORCHELASTIC_USE_AGENT_STORE": "True"} | variables
        assigned = [f"{name}={value}" for name, value in own.items()]
        return self.inner.start(*self.options, *arguments, before=("env", *assigned))

    def by(self, *launcher: str) -> tuple[int, str]:
        return self.inner.run(*self.options, before=launcher)


@pytest.fixture
def launched(inner: InnerRun) -> Launched:
    return Launched(inner)


def free_port() -> int:
    """Whose neighbour is the one that is listened at."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1]) - 1


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    print(output)
    return process.returncode, output


def test_the_first_measures_and_the_others_serve(launched: Launched) -> None:
    serving, measuring = launched.rank(1), launched.rank(0)
    code, output = ended(measuring)
    assert code == pytest.ExitCode.OK
    assert "torchrun has started 2 ranks: this is rank 0" in output
    assert ended(serving) == (0, "")
    found = measurements(launched.inner.json())
    assert [each.case.ranks for each in found.values()] == [1, 2]
    assert {each.outcome for each in found.values()} == {"ok"}
    assert launched.inner.left_behind() == []


def test_more_ranks_than_were_launched_are_refused(launched: Launched) -> None:
    serving, measuring = launched.rank(1), launched.rank(0, "--ranks=1,4")
    code, output = ended(measuring)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--ranks 1,4: torchrun has started 2 ranks: ask for 2 at the most, or have it start 4" in output
    assert ended(serving)[0] == 0


def test_machines_are_the_launchers_to_name(launched: Launched) -> None:
    serving, measuring = launched.rank(1), launched.rank(0, "--worker=ranked=ssh=a", "--worker=ranked=ssh=b")
    code, output = ended(measuring)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--worker ranked=ssh=b: torchrun has started 2 ranks, each of which has its place" in output
    assert ended(serving)[0] == 0


def test_an_interpreter_that_one_machine_lacks_is_told_with_the_rank(launched: Launched) -> None:
    python = launched.inner.folder / "python"
    python.write_text(f'#!/bin/sh\n[ -z "$IS_ELSEWHERE" ] || exit 127\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    option = f"--worker=ranked=popen//python={python}"
    serving, measuring = launched.rank(1, option, IS_ELSEWHERE="1"), launched.rank(0, option)
    code, output = ended(measuring)
    assert code == pytest.ExitCode.TESTS_FAILED
    told = f"crashed: --worker ranked=popen//python={python}: no worker could be started by rank 1 on {socket.gethostname()} ("
    assert told in output
    assert "The interpreter has to be at the same path on every machine, with this suite's own packages" in output
    assert ended(serving)[0] == 0


def test_a_rank_whose_first_one_never_comes_says_so(launched: Launched) -> None:
    began = time.monotonic()
    code, output = ended(launched.rank(1))
    assert code == 1
    assert "ERROR: rank 1 of 2: rank 0 has not come to 127.0.0.1:" in output
    assert time.monotonic() - began >= 60.0


def test_another_secret_is_told_on_both_sides(launched: Launched) -> None:
    serving, measuring = launched.rank(1, **{VARIABLE: SECRET}), launched.rank(0, **{VARIABLE: SECRET[::-1]})
    code, output = ended(measuring)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "rank 1 has not come to 127.0.0.1:" in output
    assert f"set {VARIABLE} to the same" in output
    code, output = ended(serving)
    assert code == 1
    assert SECRET not in output


def test_what_serves_ends_with_a_first_one_that_is_killed(launched: Launched) -> None:
    """In the midst of a measurement."""
    serving, measuring = launched.rank(1), launched.rank(0, "--benchmark-max-time=600", "--case-timeout=900")
    deadline = time.monotonic() + TOGETHER_SECONDS
    while len(list((launched.inner.folder / "tmp").glob("flowers-worker-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    measuring.kill()
    measuring.communicate()
    assert ended(serving)[0] == 0


def test_as_slurm_starts_a_rank_on_each_of_two_nodes(launched: Launched) -> None:
    """Their list begins with the first one's address here, as nobody knows their names."""
    step = {"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NUM_NODES": "2"}
    step["SLURM_STEP_NODELIST"] = "198.51.100.[1-2]"
    assigned = [f"{name}={value}" for name, value in step.items()]
    try:
        with closing(make_link(1e-4, 1e9)) as link:
            befores = [tuple(link.command(node, "env", *assigned, f"SLURM_PROCID={node}")) for node in (0, 1)]
            (code, output), (other, _) = map(ended, [launched.inner.start(*launched.options, before=each) for each in befores])
    except NoLinkError as error:
        pytest.skip(str(error))
    assert (code, other) == (pytest.ExitCode.OK, 0)
    assert "srun has started 2 ranks: this is rank 0" in output
    found = measurements(launched.inner.json())
    assert [(each.case.ranks, each.outcome) for each in found.values()] == [(1, "ok"), (2, "ok")]
    assert launched.inner.left_behind() == []


@pytest.mark.skipif(not shutil.which("mpirun"), reason="there is no mpirun: apt-get install openmpi-bin")
def test_under_mpirun(launched: Launched) -> None:
    root = ("--allow-run-as-root",) if os.geteuid() == 0 else ()
    code, output = launched.by("mpirun", *root, "--oversubscribe", "-n", "2")
    assert code == pytest.ExitCode.OK
    assert "mpirun has started 2 ranks: this is rank 0" in output
    assert len(measurements(launched.inner.json())) == 2


@pytest.mark.skipif("PYTORCH_PYTHON" not in os.environ and not shutil.which("torchrun"), reason="there is no torchrun")
def test_under_torchrun(launched: Launched) -> None:
    torchrun = (interpreter("pytorch"), "-m", "torch.distributed.run", "--nproc-per-node=2", f"--master-port={free_port()}", "--no-python")
    code, output = launched.by(*torchrun)
    assert code == 0, output
    assert "torchrun has started 2 ranks: this is rank 0" in output
    assert len(measurements(launched.inner.json())) == 2
