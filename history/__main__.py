"""`python -m history`: to the command line, if all that it needs is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        from history.commands import command_line
    except ImportError as error:  # of which Python makes exit code 1, the gate's "regressed"
        print(f"python -m history: {error}. Install what the suite needs: pip install -e .", file=sys.stderr)
        return 2  # bad use: nothing of ours is imported that could name it
    return command_line.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
