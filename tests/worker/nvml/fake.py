"""Builds the fake driver, and puts it where the real bindings look for the real one."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parent / "fake_driver.c"
LIBRARY = "libnvidia-ml.so.1"
GPU = "GPU-6c1ab3f2-0000-4000-8000-000000000001"
TOTAL_BYTES = 80 * 2**30
H100 = f"gpu {GPU} {TOTAL_BYTES} NVIDIA H100 80GB HBM3\n"


@functools.cache
def build(*definitions: str) -> tempfile.TemporaryDirectory[str]:
    """The folder with the library. gcc has to be there: without it a quarter of the suite would go untested."""
    folder = tempfile.TemporaryDirectory(prefix="fake-driver-")  # goes with this process
    command = ["gcc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", *(f"-D{each}" for each in definitions)]
    subprocess.run([*command, "-o", str(Path(folder.name) / LIBRARY), str(SOURCE)], check=True, timeout=60)
    return folder


def variables(folder: Path, script: str, *definitions: str) -> dict[str, str]:
    """Environment variables of a process that is to find this driver; they count from its start."""
    file = folder / "driver.txt"
    file.write_text(script)
    return {"LD_LIBRARY_PATH": build(*definitions).name, "FAKE_NVML": str(file)}
