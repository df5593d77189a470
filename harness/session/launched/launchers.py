"""What a launcher tells each process that it starts, in its environment: which of how many it is, and where the first one is."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import msgspec

# What an engine would take for its own: torch.distributed looks for torchrun's store, TensorFlow for a cluster. torchrun sets the number
# of OpenMP's threads to one: the work is to be the same however it is launched.
OF_LAUNCHERS = (
    *("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "GROUP_WORLD_SIZE", "ROLE_*", "MASTER_ADDR", "MASTER_PORT"),
    *("TORCHELASTIC_*", "TORCH_NCCL_ASYNC_ERROR_HANDLING", "OMP_NUM_THREADS", "TF_CONFIG", "OMPI_*", "PMI_*", "PMIX_*", "SLURM_*"),
    *("HYDI_*", "HYDRA_*", "MPI_LOCAL*"),
)
LOOPBACK = "127.0.0.1"
FIRST_PORT, PORTS = 20000, 10000  # below those that the kernel gives to whoever asks for any


class LaunchError(Exception):
    """What a launcher tells is not enough. The message names the variable and the mend."""


class Launch(msgspec.Struct, frozen=True):
    launcher: str
    number: int
    count: int
    host: str  # where the first one is
    port: int  # where it waits for the others
    on_one_machine: bool

    @property
    def told(self) -> str:
        return f"{self.launcher} has started {self.count} ranks"


class _Variables(msgspec.Struct, frozen=True):
    """A launcher's, by what they say."""

    launcher: str
    number: str
    count: tuple[str, ...]  # the first that is set
    local: tuple[str, str] = ("", "")  # two numbers that are alike where all ranks are on one machine
    needs: tuple[str, ...] = ()  # without these it has set the others for something else
    job: tuple[str, ...] = ()  # whose values together name the job


LAUNCHERS = (
    _Variables("torchrun", "RANK", ("WORLD_SIZE",), ("LOCAL_WORLD_SIZE", "WORLD_SIZE"), needs=("MASTER_ADDR", "MASTER_PORT")),
    _Variables(
        "mpirun",
        "OMPI_COMM_WORLD_RANK",
        ("OMPI_COMM_WORLD_SIZE",),
        ("OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_SIZE"),
        job=("PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid"),
    ),
    # In a batch script, outside srun, the job's variables are set and the step's are not: then one process runs, whatever they say.
    _Variables(
        "srun",
        "SLURM_PROCID",
        ("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"),
        needs=("SLURM_STEP_ID",),
        job=("SLURM_JOB_ID", "SLURM_STEP_ID"),
    ),
    _Variables("mpirun", "PMI_RANK", ("PMI_SIZE",), ("MPI_LOCALNRANKS", "PMI_SIZE"), job=("SLURM_JOB_ID", "SLURM_STEP_ID")),
)


def found(environment: Mapping[str, str]) -> Launch | None:
    """None where a process is not one of several. Raises LaunchError."""
    for each in LAUNCHERS:
        if each.number in environment and all(name in environment for name in each.needs):
            launch = _launch(each, environment)
            return launch if launch.count > 1 else None
    return None


def of_launchers(names: Iterable[str]) -> list[str]:
    """Those of these variables that a launcher has set."""
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in OF_LAUNCHERS)]


def _launch(given: _Variables, environment: Mapping[str, str]) -> Launch:
    number = _number(given.number, environment)
    count = _number(next((name for name in given.count if name in environment), given.count[0]), environment)
    if not number < count:
        raise LaunchError(f"{given.number}={number} is none of {count} ranks: start pytest by {given.launcher}, or unset {given.number}")
    on_one_machine = _is_on_one_machine(given, environment)
    host = LOOPBACK if on_one_machine else _host(given, environment)
    return Launch(given.launcher, number, count, host, _port(given, environment), on_one_machine)


def _is_on_one_machine(given: _Variables, environment: Mapping[str, str]) -> bool:
    if given.launcher == "srun":
        return environment.get("SLURM_STEP_NUM_NODES", environment.get("SLURM_NNODES")) == "1"
    here, everywhere = (environment.get(name) for name in given.local)
    return here is not None and here == everywhere


def _host(given: _Variables, environment: Mapping[str, str]) -> str:
    named = environment.get("MASTER_ADDR")
    nodes = environment.get("SLURM_STEP_NODELIST") or environment.get("SLURM_JOB_NODELIST")
    host = named or (first_node(nodes) if nodes else None) or environment.get("SLURM_LAUNCH_NODE_IPADDR")
    if not host:
        raise LaunchError(
            f"{given.launcher} has started ranks on several machines and does not tell where the first one is: set MASTER_ADDR to that "
            "machine's name or address, for all of them (Open MPI: mpirun -x MASTER_ADDR=…)"
        )
    return host


def first_node(nodes: str) -> str:
    """Of a list as Slurm writes it: `a[003-005,9],b` begins with a003."""
    shown = re.match(r"([^\[,]+)(?:\[(\d+)[^\]]*\]([^,]*))?", nodes)
    return "".join(part for part in shown.groups() if part) if shown else ""


def _port(given: _Variables, environment: Mapping[str, str]) -> int:
    """The one behind MASTER_PORT, where torchrun itself listens; without that one of the job's own."""
    if "MASTER_PORT" in environment:
        port = _number("MASTER_PORT", environment)
        return port + 1 if port < 65535 else port - 1
    job = " ".join(environment.get(name, "") for name in given.job)
    return FIRST_PORT + zlib.crc32(job.encode()) % PORTS


def _number(name: str, environment: Mapping[str, str]) -> int:
    text = environment.get(name, "")
    if not text.isdecimal():
        raise LaunchError(f"{name}={text!r} is no number: it is a launcher's to set; unset it where none has started this pytest")
    return int(text)
