"""What torch.compile's cases say on machines that lack what it builds with. Runs in PyTorch's interpreter."""

from __future__ import annotations

import os
import sysconfig
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from fixtures.experiments.experiment import Experiment
from fixtures.models import DEFAULT
from fixtures.models.folder import find
from harness.frameworks.pytorch import build_tools, device
from harness.phases.setups import setup_of
from harness.record.case import Case, Execution, Precision, Style, Workload
from harness.record.outcome import Unsupported

CACHES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")


def opened(execution: str) -> str:
    """The device of such a case, or why there is none."""
    case = Case(
        framework="pytorch",
        phase="inference",
        workload=Workload.INFERENCE,
        style=Style.MATCHED,
        batch_size=2,
        precision=Precision.FP32,
        execution=Execution(execution),
    )
    try:
        return device.open_device(setup_of(case, Experiment(name="test"), model=find(DEFAULT), threads=2))
    except Unsupported as error:
        return str(error)


def checked(where: str, without_headers: bool = False, **variables: str) -> str:
    """What is missing there, with these environment variables; "" where nothing is."""
    build_tools.check.cache_clear()
    environment, get_path = dict(os.environ), sysconfig.get_path
    os.environ.update(variables)
    if without_headers:
        sysconfig.get_path = lambda name: "/nowhere"  # type: ignore[assignment]
    try:
        build_tools.check(where)
    except Unsupported as error:
        return str(error)
    finally:
        sysconfig.get_path = get_path
        os.environ.clear()
        os.environ.update(environment)
    return ""


def checked_in(folder: str, noexec: str = "", **variables: str) -> tuple[str, str]:
    """The same on a CPU and on a GPU where that is the folder for what is temporary. noexec: a folder where nothing may be executed."""

    def flags(path: Path) -> SimpleNamespace:
        return SimpleNamespace(f_flag=os.ST_RELATIME | (os.ST_NOEXEC if str(path) == noexec else 0))

    with mock.patch.object(tempfile, "tempdir", folder), mock.patch.object(os, "statvfs", flags), mock.patch.dict(os.environ):
        for variable in CACHES:  # which Inductor has set, to folders in this interpreter's own
            os.environ.pop(variable, None)
        return checked("cpu", **variables), checked("cuda:0", **variables)


def checked_with_caches(temporary: str, with_a_space: str, other: str) -> dict[str, tuple[str, str]]:
    """The same where variables name folders for what is built. other: a folder that is not there yet."""
    inductor, triton = CACHES
    found = {"space in temporary": checked_in(with_a_space, **{inductor: other}), "made": (str(Path(other).is_dir()), "")}
    found["space in cache"] = checked_in(temporary, **{inductor: with_a_space})
    found["noexec temporary"] = checked_in(temporary, noexec=temporary, **{inductor: other})
    found["noexec cache"] = checked_in(temporary, noexec=other, **{inductor: other})
    found["noexec Triton's"] = checked_in(temporary, noexec=other, **{inductor: temporary, triton: other})
    found["its own"] = checked_in(temporary, noexec=temporary, **{inductor: f"{temporary}/torchinductor_me", triton: f"{temporary}/triton"})
    found["below a file"] = checked_in(temporary, **{inductor: f"{__file__}/cache"})
    with mock.patch.object(os, "access", lambda path, mode: str(path) != other):
        found["read-only"] = checked_in(temporary, **{inductor: other})
    return found


def everything(no_programs: str, compiler_that_fails: str, with_a_space: str, temporary: str, other: str) -> dict[str, Any]:
    """no_programs: a folder without any, for PATH. with_a_space: a folder of such a name. other: one that is not there yet."""
    found = {"here": (opened("plain"), opened("compiled"), checked("cuda:0"))}
    found["CXX"] = tuple(checked("cpu", CXX=each) for each in ("", "'g++", "/nowhere/g++", compiler_that_fails))
    found["CC"] = tuple(checked("cuda:0", CC=each) for each in ("", "/nowhere/gcc", compiler_that_fails))
    found["headers"] = (checked("cpu", without_headers=True), checked("cuda:0", without_headers=True))
    found["space"] = checked_in(with_a_space)
    found["noexec"] = checked_in(temporary, noexec=temporary)
    found["caches"] = checked_with_caches(temporary, with_a_space, other)
    os.environ.pop("CXX", None)
    os.environ["PATH"] = no_programs
    build_tools.check.cache_clear()
    return found | {"slim": (opened("plain"), opened("compiled"), checked("cuda:0"))}
