"""What torch.compile builds its kernels with, which images without build tools lack: a compiler, headers, and folders to build in.

On a CPU Inductor writes C++ with OpenMP; on a GPU Triton, whose launcher is C; both for this Python. XLA brings all that it needs.
(`get_cpp_compiler` in `torch/_inductor/cpp_builder.py`; `_find_compiler` and `_build` in `triton/runtime/build.py`.)

Both begin in the folder for temporary files, Inductor with a header of its C++, Triton with its launcher, and load from their caches,
which lie in there unless a variable names another place.
(`cache_dir_utils.py` in `torch/_inductor/runtime`; `_precompile_header` in `torch/_inductor/codecache.py`.)
"""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from harness.record.outcome import Unsupported

MEND = "install g++, with Python's headers (python3-dev) where it is the system's Python, or name a compiler in"


@functools.cache
def check(device: str) -> None:
    """Builds a library that does nothing. Raises Unsupported with what is missing: the compiler itself would tell within a cold start."""
    folders = _folders(device)
    for variable, folder in folders.items():
        _expect_to_build_in(folder, variable, has_lines=device == "cpu")
    _expect_to_load_from(*list(folders.items())[-1])
    if device == "cpu":
        command, options, headers = os.environ.get("CXX", "g++"), ("-x", "c++", "-fopenmp"), ("cstddef", "omp.h", "Python.h")
        _build("a C++ compiler", "CXX", command, options, headers)
    else:
        command = os.environ["CC"] if "CC" in os.environ else shutil.which("gcc") or shutil.which("clang") or "gcc"
        _build("a C compiler", "CC", command, ("-x", "c"), ("Python.h",))


def _folders(device: str) -> dict[str, Path]:
    """By the variable that names each; what is built is loaded from the last one.

    Inductor sets both caches' variables for its own processes, where nobody did: to folders in the ones before.
    """
    found = {"TMPDIR": Path(tempfile.gettempdir())}
    for variable in ("TORCHINDUCTOR_CACHE_DIR",) if device == "cpu" else ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        if variable in os.environ:
            folder = Path(os.environ[variable]).absolute()
            if not any(folder.is_relative_to(each) for each in found.values()):
                found[variable] = folder
    return found


def _expect_to_build_in(folder: Path, variable: str, has_lines: bool) -> None:
    """has_lines: whether the compiler is called by a line of text, which Inductor cuts at spaces (`CppBuilder.get_command_line`)."""
    mend = f"name another folder in {variable}"
    if has_lines and any(each.isspace() for each in str(folder)):
        raise Unsupported(f"torch.compile cannot build in {folder}, as there is a space in its name: {mend}")
    try:
        folder.mkdir(parents=True, exist_ok=True)  # as it does itself
    except OSError as error:
        raise Unsupported(f"torch.compile cannot build in {folder}, which cannot be made ({error.strerror}): {mend}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Unsupported(f"torch.compile cannot build in {folder}, which cannot be written to: {mend}")


def _expect_to_load_from(variable: str, folder: Path) -> None:
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:  # pytorch#91005
        why = "where nothing may be executed (noexec): name another folder in"
        raise Unsupported(f"torch.compile cannot load what it builds in {folder}, {why} {variable}")


def _build(what: str, variable: str, command: str, options: tuple[str, ...], headers: tuple[str, ...]) -> None:
    source = "".join(f"#include <{header}>\n" for header in headers)
    with tempfile.TemporaryDirectory() as folder:
        common = ("-shared", "-fPIC", f"-I{sysconfig.get_path('include')}", "-o", str(Path(folder, "nothing.so")), "-")
        try:
            done = subprocess.run([*_words(command), *options, *common], input=source, capture_output=True, text=True, check=False)
            told = "" if done.returncode == 0 else _first_error(done.stderr)
        except (OSError, ValueError) as error:
            told = str(error)
    if told:
        raise Unsupported(f"torch.compile needs {what} ({variable}), and there is none that works ({told}): {MEND} {variable}")


def _words(command: str) -> list[str]:
    """Raises ValueError."""
    words = shlex.split(command)
    if not words:
        raise ValueError("its name is empty")
    return words


def _first_error(said: str) -> str:
    lines = said.strip().splitlines() or ["it failed, and said nothing"]
    return next((line for line in lines if "error" in line), lines[0]).strip()
