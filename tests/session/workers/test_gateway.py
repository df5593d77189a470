"""Ways into a worker's interpreter that fail elsewhere: what is told of each, and its mend."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from harness.session.workers.gateway import PRINTING_MEND, Gateway, GatewayError

ANSWER = "arguments = channel.receive(); channel.send([arguments, __import__('sys').prefix])"
FAILING_SSH = """#!/bin/sh
echo "ssh: Could not resolve hostname nosuch.invalid: Name or service not known" >&2
exit 255
"""
RUNNING_SSH = """#!/bin/sh
while [ $# -gt 1 ]; do shift; done
exec sh -c "$1"
"""
GREETING_SSH = RUNNING_SSH.replace("\n", '\necho "Welcome to this machine"\n', 1)


def said(spec: str) -> str:
    with pytest.raises(GatewayError) as raised:
        Gateway(spec, {}, "pytorch").close()
    return str(raised.value)


def use_ssh(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ssh").write_text(program)
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.mark.parametrize("name", ["a b", "ü", "it's", '"quoted"', "a $HOME `b`"])
def test_an_interpreter_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(sys.prefix)
    gateway = Gateway(f"popen//python={tmp_path / name}/bin/python", {}, "pytorch")
    try:
        assert gateway.run(ANSWER, "given").receive() == [("given",), str(tmp_path / name)]
    finally:
        gateway.close()


def test_what_ssh_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_ssh(FAILING_SSH, tmp_path, monkeypatch)
    told = said("ssh=nosuch.invalid")
    assert "Could not resolve hostname nosuch.invalid: Name or service not known" in told
    assert told.endswith("Mend it until `ssh nosuch.invalid true` ends without an error or a question")


def test_an_interpreter_at_whose_start_something_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-xdist#481: execnet takes it for the answer."""
    (tmp_path / "sitecustomize.py").write_text("print('hello from there')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert said(f"popen//python={sys.executable}") == f"({sys.executable} printed …ello from there before it answered). {PRINTING_MEND}"


def test_a_shell_on_another_machine_that_prints_a_greeting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_ssh(GREETING_SSH, tmp_path, monkeypatch)
    told = said(f"ssh=there//python={shlex.quote(sys.executable)}")
    assert told.startswith("(ssh printed …elcome to this machine before it answered")
    assert told.endswith(PRINTING_MEND)


def test_an_interpreter_that_is_not_there_in_the_folder_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in docs/gpu-elsewhere.md, where tox has made the environment of another name: the folder is no mend."""
    use_ssh(RUNNING_SSH, tmp_path, monkeypatch)
    told = said("ssh=there//python=flowers/.tox/tensorflow-cuda/bin/python//chdir=flowers")
    assert "flowers/.tox/tensorflow-cuda/bin/python" in told
    assert told.endswith("Name the interpreter on that machine: ssh=there//python=PATH")


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_ssh(RUNNING_SSH, tmp_path, monkeypatch)
    told = said(f"ssh=there//python={shlex.quote(sys.executable)}//chdir={tmp_path}/nowhere/flowers")
    assert f"No such file or directory: '{tmp_path}/nowhere/flowers'" in told
    assert told.endswith("Name a folder that is there, where the worker runs, with //chdir=PATH")


def temporary_files() -> int:
    """That this process has open."""
    return sum("(deleted)" in str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink())


def test_what_was_said_is_known_after_the_end_and_no_file_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_ssh(FAILING_SSH, tmp_path, monkeypatch)
    before = temporary_files()
    assert "nosuch.invalid" in said("ssh=nosuch.invalid")
    gateway = Gateway(f"popen//python={sys.executable}", {}, "pytorch")
    assert temporary_files() == before + 1
    gateway.close()
    gateway.close()
    assert gateway.said == []
    assert temporary_files() == before
