"""Compiled cases where a machine has no compiler, as slim images have none: unsupported, with what to install, and no other case is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.frameworks.conftest import RunIn

CXX = "torch.compile needs a C++ compiler (CXX), and there is none that works "
CC = "torch.compile needs a C compiler (CC), and there is none that works "
MEND = "install g++, with Python's headers (python3-dev) where it is the system's Python, or name a compiler in"


@pytest.fixture(scope="module")
def found(run_in: RunIn, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("tools")
    (folder / "none").mkdir()
    spaced = folder / "a ü b"
    spaced.mkdir()
    failing = folder / "failing"
    failing.write_text("#!/bin/sh\necho 'cc1plus: out of memory' >&2\necho 'collect2: error: ld is missing' >&2\nexit 1\n")
    failing.chmod(0o755)
    (folder / "temporary").mkdir()
    folders = [str(each) for each in (folder / "none", failing, spaced, folder / "temporary", folder / "caches" / "other")]
    return {"folders": folders} | run_in("pytorch", f"from built import everything\nresult = everything(*{folders!r})")


def test_a_machine_with_a_compiler_has_all_cases(found: Any) -> None:
    plain, compiled, on_a_gpu = found["here"]
    assert plain == compiled
    assert "torch.compile" not in plain
    assert on_a_gpu == ""


def test_a_slim_image_has_all_but_the_compiled_ones(found: Any) -> None:
    plain, compiled, on_a_gpu = found["slim"]
    assert plain == found["here"][0]
    assert compiled == f"{CXX}([Errno 2] No such file or directory: 'g++'): {MEND} CXX"
    assert on_a_gpu == f"{CC}([Errno 2] No such file or directory: 'gcc'): {MEND} CC"


def test_a_compiler_that_is_named_is_the_one_that_is_tried(found: Any) -> None:
    whys = ("its name is empty", "No closing quotation", "[Errno 2] No such file or directory: '/nowhere/g++'")
    assert found["CXX"] == [f"{CXX}({why}): {MEND} CXX" for why in (*whys, "collect2: error: ld is missing")]
    whys = ("its name is empty", "[Errno 2] No such file or directory: '/nowhere/gcc'")
    assert found["CC"] == [f"{CC}({why}): {MEND} CC" for why in (*whys, "collect2: error: ld is missing")]


def test_a_python_without_its_headers(found: Any) -> None:
    for told, variable in zip(found["headers"], ("CXX", "CC"), strict=True):
        assert "Python.h" in told
        assert told.endswith(f"{MEND} {variable}")


def test_a_temporary_folder_with_a_space_in_its_name(found: Any) -> None:
    """Inductor alone gives its compiler a line; Triton's gets a list."""
    on_a_cpu, on_a_gpu = found["space"]
    assert on_a_cpu.startswith("torch.compile cannot build in /")
    assert on_a_cpu.endswith("/a ü b, as there is a space in its name: name another folder in TMPDIR")
    assert on_a_gpu == ""


def test_a_temporary_folder_where_nothing_may_be_executed(found: Any) -> None:
    told = noexec(found["folders"][3], "TMPDIR")
    assert found["noexec"] == [told, told]


def noexec(folder: str, variable: str) -> str:
    why = "where nothing may be executed (noexec): name another folder in"
    return f"torch.compile cannot load what it builds in {folder}, {why} {variable}"


def test_caches_that_a_variable_names_are_looked_at_in_their_place(found: Any) -> None:
    """What is built is loaded from there; a header, and Triton's launcher, are made in the folder for temporary files all the same."""
    *_, spaced, temporary, other = found["folders"]
    space = "torch.compile cannot build in {}, as there is a space in its name: name another folder in {}"
    of_the_cache = noexec(other, "TORCHINDUCTOR_CACHE_DIR")
    cannot = "torch.compile cannot build in {}, which cannot be {}: name another folder in TORCHINDUCTOR_CACHE_DIR"
    below_a_file, read_only = found["caches"].pop("below a file"), found["caches"].pop("read-only")
    assert found["caches"] == {
        "space in temporary": [space.format(spaced, "TMPDIR"), ""],
        "made": ["True", ""],
        "space in cache": [space.format(spaced, "TORCHINDUCTOR_CACHE_DIR"), ""],
        "noexec temporary": ["", ""],
        "noexec cache": [of_the_cache, of_the_cache],
        "noexec Triton's": ["", noexec(other, "TRITON_CACHE_DIR")],
        "its own": [noexec(temporary, "TMPDIR")] * 2,  # which Inductor names for its processes
    }
    assert read_only == [cannot.format(other, "written to")] * 2
    file = below_a_file[0].partition(" build in ")[2].partition("built.py")[0]
    assert below_a_file == [cannot.format(f"{file}built.py/cache", "made (Not a directory)")] * 2
