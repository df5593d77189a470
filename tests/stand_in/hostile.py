from tests.stand_in import quick as quick
from tests.stand_in.framework import StandIn, Steps

WORDS = "\x1b]0;owned\x07[red]no[/] \u202efile\udcff.jpg <script>alert(1)</script> | `cell`\n" + "\n".join(
    f"  line {number}" for number in range(30)
)


class Hostile(Steps):
    """Fails with an error of many lines that mean harm, a file's name that is no text among them."""

    def step(self) -> None:
        raise ValueError(WORDS)


__getattr__ = StandIn(Hostile).__getattribute__
