"""What an environment is installed with: uv, told what pip has been told, and pip where uv is missing or cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
NOTHING_TO_INSTALL = ("--no-deps", "--dry-run", "--no-index")
NOTING = """
import json, os, sys
names = ("SSL_CERT_FILE", "ALL_PROXY", "UV_INDEX")
json.dump([sys.argv[1:], {{name: os.environ[name] for name in names if name in os.environ}}], open({told!r}, "w"))
sys.exit({code})
"""


class Installed:
    """A call of install.py, with pip's settings in a file, and a uv that notes what it is told."""

    def __init__(self, folder: Path, settings: str, code: int | None = 0, **variables: str) -> None:
        """code: what uv ends with; None: there is none."""
        told, settings_file = folder / "told.json", folder / "pip.conf"
        settings_file.write_text(settings)
        if code is not None:
            uv = folder / "uv"
            (folder / "noting.py").write_text(NOTING.format(told=str(told), code=code))
            uv.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/noting.py" "$@"\n')  # a name with a space is no interpreter
            uv.chmod(0o755)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_")) and name not in ("SSL_CERT_FILE",)
        }
        done = subprocess.run(
            [sys.executable, PROJECT / "install.py", *NOTHING_TO_INSTALL, "pytest"],
            env=kept | {"PATH": f"{folder}:/usr/bin:/bin", "PIP_CONFIG_FILE": str(settings_file)} | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.code = done.returncode
        self.by_pip = "Requirement already satisfied: pytest" in done.stdout
        self.arguments, self.variables = json.loads(told.read_text()) if told.exists() else (None, None)


def test_uv_installs_into_this_environment_what_it_is_asked_for(tmp_path: Path) -> None:
    installed = Installed(tmp_path, "")
    assert installed.code == 0
    assert not installed.by_pip
    assert installed.arguments[:4] == ["pip", "install", "--python", sys.executable]
    assert installed.arguments[-4:] == [*NOTHING_TO_INSTALL, "pytest"]


def test_uv_is_told_what_is_configured_for_pip(tmp_path: Path) -> None:
    settings = """
[global]
index-url = https://one.invalid/simple
extra-index-url = https://two.invalid/simple file:///three
find-links = /four
constraint = /five
trusted-host = six.invalid
cert = /seven
proxy = http://eight.invalid
[install]
find-links = /nine
[freeze]
all = yes
"""
    installed = Installed(tmp_path, settings, PIP_TRUSTED_HOST="ten.invalid")
    told = {each for each in installed.arguments if "=" in each}
    assert told >= {
        "--default-index=https://one.invalid/simple",
        "--index=https://two.invalid/simple",
        "--index=file:///three",
        "--find-links=/nine",
        "--constraint=/five",
        "--allow-insecure-host=ten.invalid",
    }
    assert not {"--find-links=/four", "--allow-insecure-host=six.invalid"} & told
    assert installed.variables == {"SSL_CERT_FILE": "/seven", "ALL_PROXY": "http://eight.invalid"}


def test_what_the_user_has_told_uv_itself_stays(tmp_path: Path) -> None:
    installed = Installed(tmp_path, "[global]\nextra-index-url = https://two.invalid/simple\n", UV_INDEX="https://own.invalid/simple")
    assert not any(each.startswith("--index=") for each in installed.arguments)
    assert installed.variables["UV_INDEX"] == "https://own.invalid/simple"


def test_an_index_that_pip_does_without_is_none_of_uvs(tmp_path: Path) -> None:
    assert "--no-index" in Installed(tmp_path, "[global]\nno-index = yes\n").arguments[:-4]


@pytest.mark.parametrize("code", [None, 2])
def test_pip_installs_where_uv_is_missing_or_cannot(tmp_path: Path, code: int | None) -> None:
    installed = Installed(tmp_path, "", code)
    assert (installed.arguments is None) == (code is None)
    assert installed.by_pip
    assert installed.code == 0
