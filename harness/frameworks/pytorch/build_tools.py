"""What torch.compile builds its kernels with, which images without build tools lack: a compiler, headers, and a folder to build in.

On a CPU Inductor writes C++ with OpenMP; on a GPU Triton, whose launcher is C; both for this Python. XLA brings all that it needs.
(`get_cpp_compiler` in `torch/_inductor/cpp_builder.py`; `_find_compiler` and `_build` in `triton/runtime/build.py`.)
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
    _expect_usable(Path(tempfile.gettempdir()), has_lines=device == "cpu")
    if device == "cpu":
        command, options, headers = os.environ.get("CXX", "g++"), ("-x", "c++", "-fopenmp"), ("cstddef", "omp.h", "Python.h")
        _build("a C++ compiler", "CXX", command, options, headers)
    else:
        command = os.environ["CC"] if "CC" in os.environ else shutil.which("gcc") or shutil.which("clang") or "gcc"
        _build("a C compiler", "CC", command, ("-x", "c"), ("Python.h",))


def _expect_usable(folder: Path, has_lines: bool) -> None:
    """has_lines: whether the compiler is called by a line of text, which Inductor cuts at spaces (`CppBuilder.get_command_line`)."""
    mend = "name another folder in TMPDIR"
    if has_lines and any(each.isspace() for each in str(folder)):
        raise Unsupported(f"torch.compile cannot build in {folder}, as there is a space in its name: {mend}")
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:  # pytorch#91005
        raise Unsupported(f"torch.compile cannot load what it builds in {folder}, where nothing may be executed (noexec): {mend}")


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
