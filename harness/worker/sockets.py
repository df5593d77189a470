"""Where multiprocessing's sockets lie: in the worker's temporary folder, by a name that a socket can have."""

from __future__ import annotations

import os
from multiprocessing import process
from typing import Any

LONGEST_BYTES = 107  # of a socket's path on Linux (unix(7)): a user's own TMPDIR is longer sooner than one thinks
OWN_BYTES = len("/pymp-xxxxxxxx/listener-xxxxxxxx")  # what multiprocessing makes below the temporary folder


def fit(folder: str) -> None:
    """Names a folder that is too deep by this process' descriptor of it, which is short; what lies there is removed with the folder.

    Loader workers that are started later inherit the name, which holds as long as this process lives.
    """
    if len(os.fsencode(folder)) + OWN_BYTES > LONGEST_BYTES:
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        present: Any = process.current_process()
        present._config["tempdir"] = f"/proc/{os.getpid()}/fd/{descriptor}"  # where it looks for the folder that it has made
