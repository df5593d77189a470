"""The one command line: `python -m history COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from history.commands import gate, library_models, noise, recover, report
from history.gate.exit_code import ExitCode
from history.records import BadInput

COMMANDS = (gate, noise, report, recover, library_models)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m history", description="What is done with the JSON files of pytest-benchmark.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        subparser = commands.add_parser(command.NAME, help=command.HELP, description=command.DESCRIPTION)
        command.add_options(subparser)
        subparser.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except BadInput as error:
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return ExitCode.BAD_INPUT
    except KeyboardInterrupt:
        print(f"{parser.prog}: stopped. The same command goes on from here.", file=sys.stderr)
        return ExitCode.INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
