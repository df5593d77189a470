"""What tox installs an environment with: uv, where it is there and can, else pip.

uv shares one unpacked copy of each package between environments, by hard links. It does not read pip's settings: an index, a folder of
wheels or constraints that are configured for pip are told it.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys

PIP = [sys.executable, "-I", "-m", "pip"]
SECTIONS = ("global.", "install.", ":env:.")  # of pip's settings, the last has precedence
# By pip's name of a setting uv's option, and the variable by which a user may have told uv itself.
OPTIONS = {
    "index-url": ("--default-index", "UV_DEFAULT_INDEX"),
    "extra-index-url": ("--index", "UV_INDEX"),
    "find-links": ("--find-links", "UV_FIND_LINKS"),
    "constraint": ("--constraint", "UV_CONSTRAINT"),
    "trusted-host": ("--allow-insecure-host", "UV_INSECURE_HOST"),
}
VARIABLES = {"cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY"}
# Of several indexes pip takes the best version, and so does this.
AS_PIP = ("--index-strategy", "unsafe-best-match")


def settings() -> dict[str, str]:
    """pip's, by their names, from wherever they are configured."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    lines = [line.split("=", 1) for line in listed.splitlines() if "=" in line]
    found: dict[str, str] = {}
    for section in SECTIONS:
        found |= {name.removeprefix(section): ast.literal_eval(value) for name, value in lines if name.startswith(section)}
    return found


def by_uv(uv: str, arguments: list[str]) -> bool:
    """Whether uv could do it."""
    told = settings()
    if told.get("no-index", "0").lower() not in ("0", "false", "no", "off"):
        arguments = ["--no-index", *arguments]
    for name, (option, variable) in OPTIONS.items():
        if variable not in os.environ:
            arguments = [*(f"{option}={value}" for value in told.get(name, "").split()), *arguments]
    environment = {variable: told[name] for name, variable in VARIABLES.items() if name in told} | os.environ
    command = [uv, "pip", "install", "--python", sys.executable, "--compile-bytecode", *AS_PIP, *arguments]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    uv = shutil.which("uv")
    if uv and by_uv(uv, arguments):
        return 0
    return subprocess.run([*PIP, "install", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
