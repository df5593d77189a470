"""Runs in a framework's interpreter: imports the framework once, and runs each code that is asked for in a process forked from there."""

from __future__ import annotations

import json
import os
import sys

from harness.worker.imported import imported


def serve(module: str) -> None:
    """Each line of stdin is a code and the files for what it prints. Answers with its exit code when it has ended.

    Nothing is computed here: a framework that has only been imported has no thread or state yet that a fork would lose or share.
    """
    imported(module)  # a code that collects garbage, as `keras.utils.clear_session` does, need not look through all of the framework
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        code, output, errors = json.loads(line)
        child = os.fork()
        if child == 0:
            answers.close()
            for number, path, how in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY), (2, errors, os.O_WRONLY)):
                os.dup2(os.open(path, how | os.O_CREAT), number)
            exec(code, vars(sys.modules["__main__"]))
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
