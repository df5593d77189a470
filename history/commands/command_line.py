"""The one command line: `python -m history COMMAND`. What goes wrong in it ends with an exit code that is no verdict."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence

from harness.record.text import one_line
from history.commands import gate, keep, library_models, measured, noise, recover, report
from history.gate.exit_code import ExitCode
from history.records import BadInput

COMMANDS = (gate, noise, report, keep, recover, library_models, measured)


PROGRAM = "python -m history"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=PROGRAM, description="What is done with the JSON files of pytest-benchmark.")
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        subparser = commands.add_parser(command.NAME, help=command.HELP, description=command.DESCRIPTION)
        command.add_options(subparser)
        subparser.set_defaults(run=command.run)
    return made


def main(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    _print_what_the_terminal_cannot()
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except BadInput as error:
        return _ended(ExitCode.BAD_INPUT, f"{PROGRAM}: {one_line(str(error))}")
    except KeyboardInterrupt:
        return _ended(ExitCode.INTERRUPTED, f"{PROGRAM}: stopped. The same command goes on from here.")
    except (BrokenPipeError, SystemExit):  # the latter is how rich ends where nobody reads what it prints
        _read_by_nobody()
        return _ended(ExitCode.BROKEN_PIPE, f"{PROGRAM}: nobody reads what it prints any more.")
    except OSError as error:
        place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return _ended(ExitCode.BAD_INPUT, f"{PROGRAM}: {place}{error.strerror or error}.")
    except Exception as error:
        told = f"{PROGRAM}: a fault of this program, no verdict ({type(error).__name__}). Please report it with the lines above."
        return _ended(ExitCode.FAULT, traceback.format_exc() + told)


def _ended(code: ExitCode, told: str) -> ExitCode:
    with contextlib.suppress(OSError):  # whoever read it may be gone too
        print(told, file=sys.stderr)
    return code


def _print_what_the_terminal_cannot() -> None:
    """With a question mark, where the terminal's encoding has no such letter or a name is no text."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _read_by_nobody() -> None:
    """Else Python, which empties the buffer when it ends, ends with an error of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
