"""What the sessions were measured on: GPU, driver, versions; and the sessions themselves."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.outputs.markdown import code, escaped, table
from harness.findings.sides import ordered, title
from harness.record.figure import size
from history.measured.folder import Folder
from history.measured.session import NOT_TOLD, Session

TITLE = "Measured on"
VERSIONS = {  # of a worker's environment, as people read them
    "framework": "framework",
    "model_library": "model library",
    "cuda": "CUDA",
    "cudnn": "cuDNN",
    "build": "build",
    "tf32_matmul": "TF32 in matrix products",
    "tf32_convolution": "TF32 in convolutions",
    "tf32": "TF32",
    "intra_op_threads": "threads in an operation",
}


def blocks(folder: Folder) -> Iterator[str]:
    yield table(("part", "as it told"), ((name, escaped(" · ".join(found))) for name, found in _machine(folder.sessions).items()))
    yield "What each framework's worker said of itself, in the `matched` cases:"
    yield from _versions(folder.sessions)
    yield "The sessions, each one process of pytest with a worker for each framework:"
    columns = ("file", "when", "commit", "cases", "frameworks", "experiment")
    yield table(columns, map(_session, folder.sessions))


def _machine(sessions: tuple[Session, ...]) -> dict[str, list[str]]:
    """Each value once: where the sessions differ, all of them."""
    found: dict[str, list[str]] = {}
    for session in sessions:
        for name, text in _of_session(session):
            if text not in found.setdefault(name, []):
                found[name].append(text)
    return found


def _of_session(session: Session) -> Iterator[tuple[str, str]]:
    gpu, machine = session.gpu, session.run.machine
    yield "GPU", machine.gpu or "none"
    if machine.gpu:
        memory = gpu.get("memory_bytes")
        yield "its memory", size(memory) if isinstance(memory, int) else NOT_TOLD
        yield "driver", f"{machine.gpu_driver or NOT_TOLD}, for CUDA up to {gpu.get('cuda_driver', NOT_TOLD)}"
        yield "power limit", f"{machine.gpu_power_limit_watts:.0f} W" if machine.gpu_power_limit_watts else NOT_TOLD
        yield (
            "highest clocks",
            f"{gpu.get('max_sm_clock_mhz', '?')} MHz of the SMs, {gpu.get('max_memory_clock_mhz', '?')} MHz of the memory",
        )
        yield "ECC", {True: "on", False: "off", None: NOT_TOLD}[machine.gpu_ecc]
        yield "MIG", {True: "on: a part of the GPU", False: "off"}.get(gpu.get("mig"), NOT_TOLD)  # type: ignore[arg-type]
    yield "CPU", f"{machine.cpu or NOT_TOLD}, {machine.cpu_count or '?'} cores"
    yield "system", f"{session.system}, Python {session.python}"


def _versions(sessions: tuple[Session, ...]) -> Iterator[str]:
    environments: dict[str, dict[str, list[str]]] = {}
    for measurement in (each for session in sessions for each in session.measured if each.case.style == "matched"):
        told = environments.setdefault(measurement.case.framework, {})
        for field in VERSIONS.keys() & measurement.environment.keys():
            value = measurement.environment[field]
            if value not in told.setdefault(field, []):
                told[field].append(value)
    frameworks = ordered(environments)
    fields = [field for field in VERSIONS if any(field in environments[each] for each in frameworks)]
    rows = ((VERSIONS[field], *(escaped(" · ".join(environments[each].get(field, ["–"]))) for each in frameworks)) for field in fields)
    yield table(("of", *map(title, frameworks)), rows)


def _session(session: Session) -> tuple[str, ...]:
    frameworks = ordered(each.case.framework for each in session.measured)
    return (
        code(session.name),
        session.when,
        code(session.commit),
        str(len(session.measured)),
        ", ".join(map(title, frameworks)),
        code(session.run.machine.experiment or NOT_TOLD),
    )
