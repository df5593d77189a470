"""Text from elsewhere: errors, names of cases, files and commits. What in it would do something where it is shown is shown itself."""

from __future__ import annotations

TAB_COLUMNS = 4
# Printable to Python, and yet nothing is to be seen of them: a joiner, and letters and a pattern that are empty.
BLANK = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0})
CUT = "…"


class _Shown(dict[int, str]):
    """By code point, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isspace():
            shown = " "
        elif character.isprintable() and code not in BLANK:
            shown = character
        else:
            shown = character.encode("unicode_escape").decode("ascii")
        self[code] = shown
        return shown


_SHOWN = _Shown()


def visible(text: str) -> str:
    """In one line. Control characters, marks that turn the direction, characters without a width and halves of a pair become escapes as
    Python writes them; all that is left is printable, encodes as UTF-8, and is allowed in XML."""
    return text.translate(_SHOWN)


def is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: a file's name need not be."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def visible_lines(text: str) -> str:
    """Line by line, indented as it was."""
    return "\n".join(visible(line.expandtabs(TAB_COLUMNS)) for line in text.splitlines())


def one_line(text: str) -> str:
    """Visible, and what is between two words is one blank."""
    return visible(" ".join(text.split()))


def shortened(text: str, longest: int) -> str:
    """In one line and visible, its beginning where it is longer: what an error says first says most."""
    found = one_line(text)
    return found if len(found) <= longest else found[: longest - 1] + CUT


def is_cut(text: str, longest: int) -> bool:
    """Whether `shortened` leaves something out."""
    return len(one_line(text)) > longest


def clipped(text: str, longest: int) -> str:
    """In one line and visible, its beginning and its end where it is longer: names differ in either."""
    found = visible(text)
    end = longest // 3
    return found if len(found) <= longest else found[: longest - 1 - end] + CUT + found[-end:]
