"""Two hosts that are this machine: each has a name, a view of the files and an sshd of its own, which no port is opened for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SSHD = "/usr/sbin/sshd"
NAMES = ("here-one", "here-two")
SERVER = """
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PidFile none
"""
CLIENT = """
Host {name}
  ProxyCommand nsenter -t {pid} --uts --mount {network} {sshd} -i -f {folder}/sshd.conf
  IdentityFile {folder}/user
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
"""
START_SECONDS = 30


class NoHostsError(Exception):
    """None can be made here. The message is why."""


@contextmanager
def hosts(folder: Path, seen: Mapping[str, Mapping[Path, Path]], networks: Mapping[str, str] | None = None) -> Iterator[Path]:
    """The file of ssh's settings with which they are reached by name.

    seen: of a host, by path, the folder that it has there instead. networks: of a host, nsenter's option for its network. Raises
    NoHostsError.
    """
    if os.geteuid() != 0 or not shutil.which(SSHD) or not shutil.which("ssh"):
        raise NoHostsError("hosts of one's own take root, ssh and sshd")
    Path("/run/sshd").mkdir(exist_ok=True)  # without it sshd does not start
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True, timeout=START_SECONDS)
    (folder / "sshd.conf").write_text(SERVER.format(folder=folder))
    settings, holders = folder / "ssh.conf", []
    try:
        for name in NAMES:
            binds = "".join(f"mount --bind {own} {there} && " for there, own in seen.get(name, {}).items())
            script = f"hostname {name} && {binds}echo there && exec sleep 3600"
            holder = subprocess.Popen(["unshare", "--uts", "--mount", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            holders.append(holder)
            assert holder.stdout is not None
            said = holder.stdout.readline()
            if said != b"there\n":
                raise NoHostsError(said.decode())
            network = networks[name] if networks else ""
            with settings.open("a") as file:
                file.write(CLIENT.format(name=name, pid=holder.pid, network=network, sshd=SSHD, folder=folder))
        yield settings
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate(timeout=START_SECONDS)


def spec(settings: Path, name: str, environment: Mapping[str, str]) -> str:
    """A worker's on that host."""
    variables = "".join(f"//env:{variable}={value}" for variable, value in environment.items())
    return f"ssh={name}//ssh_config={settings}//python={sys.executable}{variables}"
