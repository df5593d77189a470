"""What launchers tell by their environment variables, and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.session.launched import secret as kept
from harness.session.launched.announced import Announced
from harness.session.launched.launchers import FIRST_PORT, PORTS, Launch, LaunchError, first_node, found, of_launchers
from harness.session.launched.places import given, share
from harness.session.launched.secret import VARIABLE, secret
from harness.worker.share import Share

TORCHRUN = {"RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "29500"}
OPEN_MPI = {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "2", "PMIX_NAMESPACE": "1"}
MPICH = {"PMI_RANK": "0", "PMI_SIZE": "2", "MPI_LOCALNRANKS": "2"}
SRUN = {
    "SLURM_PROCID": "1",
    "SLURM_NTASKS": "9",
    "SLURM_STEP_NUM_TASKS": "2",
    "SLURM_STEP_ID": "0",
    "SLURM_JOB_ID": "77",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_JOB_NODELIST": "gpu[003-005,9],login",
    "SLURM_LAUNCH_NODE_IPADDR": "10.0.0.1",
}


def test_torchrun_on_two_machines() -> None:
    assert found(TORCHRUN) == Launch("torchrun", 3, 4, "a", 29501, on_one_machine=False)


def test_torchrun_on_one_machine_needs_no_name_of_it() -> None:
    launch = found(TORCHRUN | {"LOCAL_WORLD_SIZE": "4"})
    assert launch == Launch("torchrun", 3, 4, "127.0.0.1", 29501, on_one_machine=True)


def test_a_port_behind_the_last_one() -> None:
    launch = found(TORCHRUN | {"MASTER_PORT": "65535"})
    assert launch is not None
    assert launch.port == 65534


@pytest.mark.parametrize(("environment", "number"), [(OPEN_MPI, 1), (MPICH, 0)])
def test_mpi_on_one_machine(environment: dict[str, str], number: int) -> None:
    launch = found(environment)
    assert launch is not None
    assert (launch.launcher, launch.number, launch.count, launch.host) == ("mpirun", number, 2, "127.0.0.1")
    assert FIRST_PORT <= launch.port < FIRST_PORT + PORTS


def test_two_jobs_meet_at_two_ports() -> None:
    one, two = found(OPEN_MPI), found(OPEN_MPI | {"PMIX_NAMESPACE": "2"})
    assert one is not None
    assert two is not None
    assert one.port != two.port


def test_mpi_on_several_machines_has_to_be_told_the_first() -> None:
    apart = OPEN_MPI | {"OMPI_COMM_WORLD_LOCAL_SIZE": "1"}
    with pytest.raises(LaunchError, match="set MASTER_ADDR to that machine's name or address"):
        found(apart)
    launch = found(apart | {"MASTER_ADDR": "b"})
    assert launch is not None
    assert launch.host == "b"


def test_slurm() -> None:
    launch = found(SRUN)
    assert launch is not None
    assert (launch.launcher, launch.number, launch.count, launch.host) == ("srun", 1, 2, "gpu003")
    assert found(SRUN | {"SLURM_STEP_NUM_NODES": "1"}).host == "127.0.0.1"  # type: ignore[union-attr]
    without = {name: value for name, value in SRUN.items() if name != "SLURM_JOB_NODELIST"}
    assert found(without).host == "10.0.0.1"  # type: ignore[union-attr]


def test_a_batch_script_is_no_rank() -> None:
    """One process, whatever number of tasks the job is to have."""
    assert found({name: value for name, value in SRUN.items() if "STEP" not in name}) is None


@pytest.mark.parametrize(
    ("nodes", "first"), [("a", "a"), ("a,b", "a"), ("n[1-3]", "n1"), ("n[07,09]", "n07"), ("n[1-2].cluster,x", "n1.cluster")]
)
def test_the_first_node(nodes: str, first: str) -> None:
    assert first_node(nodes) == first


@pytest.mark.parametrize("environment", [{}, {"RANK": "0", "WORLD_SIZE": "2"}, TORCHRUN | {"RANK": "0", "WORLD_SIZE": "1"}])
def test_an_ordinary_session(environment: dict[str, str]) -> None:
    assert found(environment) is None


@pytest.mark.parametrize("wrong", [{"RANK": "x"}, {"WORLD_SIZE": ""}, {"RANK": "4"}, {"MASTER_PORT": "no"}])
def test_what_is_no_launch_is_refused_with_the_variable(wrong: dict[str, str]) -> None:
    with pytest.raises(LaunchError, match=next(iter(wrong))):
        found(TORCHRUN | wrong)


def test_what_is_started_finds_no_launcher() -> None:
    own = ["PATH", "HOME", "CUDA_VISIBLE_DEVICES", "FLOWERS_LAUNCH_SECRET", "OMP_WAIT_POLICY"]
    assert of_launchers([*own, *TORCHRUN, *OPEN_MPI, *MPICH, *SRUN, "OMP_NUM_THREADS"]) == [
        *TORCHRUN,
        *OPEN_MPI,
        *MPICH,
        *SRUN,
        "OMP_NUM_THREADS",
    ]


def rank(number: int, machine: str = "m", cores: tuple[int, ...] = (0, 1), gpus: tuple[str, ...] = ()) -> Announced:
    return Announced(number, 4, f"host of {machine}", machine, "files", cores, gpus)


def test_what_ranks_have_in_common_is_shared_out() -> None:
    ranks = [rank(0, gpus=("a", "b")), rank(1, gpus=("a", "b")), rank(2, "other"), rank(3, "other")]
    assert [share(each, ranks) for each in ranks] == [Share(0, 2, gpu=0), Share(1, 2, gpu=1), Share(0, 2, gpu=0), Share(1, 2, gpu=1)]


def test_what_the_launcher_has_shared_out_is_kept() -> None:
    ranks = [rank(0, cores=(0,), gpus=("a",)), rank(1, cores=(1,), gpus=("b",))]
    assert [share(each, ranks) for each in ranks] == [Share(0, 1, gpu=0)] * 2


def test_the_first_ones_workers_are_its_own_and_others_go_through_their_places() -> None:
    places = given("popen//python=/there/python", [rank(0), rank(1)]).of(2, shares=2)
    assert [place.spec for place in places] == ["popen//python=/there/python", "popen//python=/there/python//via=rank 1 on host of m"]
    assert len({place.machine for place in places}) == 1
    assert "//python=" in given("popen", [rank(0), rank(1)]).of(2, shares=2)[1].spec


def test_a_secret_is_made_once_and_nobody_else_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(kept.platformdirs, "user_state_path", lambda name: tmp_path / "state")
    first = secret()
    assert first == secret()
    assert len(first) == 64
    (file,) = (tmp_path / "state").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(LaunchError, match="can be read by others"):
        secret()


def test_a_secret_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sixteen letters!")
    assert secret() == b"sixteen letters!"
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(LaunchError, match=f"{VARIABLE} has 5 characters"):
        secret()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setattr(kept.platformdirs, "user_state_path", lambda name: tmp_path / "file" / "state")
    with pytest.raises(LaunchError, match=f"cannot be kept .*{VARIABLE}"):
        secret()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
