"""Texts that come from elsewhere and mean harm, by accident or not: what names of cases, files and commits, and errors, may hold."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

HARMFUL = (
    "[red]text[/] [link=https://example.org]here[/link] :boom: [",
    "\x1b]0;title\x07 \x1b[31mred\x1b[0m \x9b2J \x1b]8;;https://example.org\x1b\\link",
    "| cell | `code` **bold** ![](https://example.org/x.png) [a](b) <!-- -->",
    "a\\| b `|` \\\\| `",
    "<script>document.title='owned'</script> </td></tr></table> <img src=x onerror=alert(1)> &lt;b&gt; </details>",
    "]]> <![CDATA[ \x00 \x0b \ufffe \uffff \U0001ffff",
    "\u202egnp.exe\u202c \u2066isolated\u2069 \u200f\u061c",
    "two\nlines\r\nand\u2028three\x85four\tand a column",
    "half of a pair \ud800, another \udcff",
    "nothing to see\u200b\u200d\ufeff\u2060\u00ad\u3164\u2800",
    "@everyone #1 https://example.org www.example.org $x$ ~~gone~~ a_b_c 1. 2) - + =",
    "::error::a command of a CI's log ##[error]",
    "名前 名前 🎉 ﷽",
    "a long name " * 60,
    "",
)
BY_CHARACTER = st.text(st.characters(), max_size=30) | st.text(
    st.sampled_from("|`\\*_[]()<>&!#@~$:.-+=1\n\r\t \x00\x1b\u202e\u200b\ud800a"), max_size=30
)
TEXTS = st.sampled_from(HARMFUL) | BY_CHARACTER | st.lists(st.sampled_from(HARMFUL) | BY_CHARACTER, max_size=3).map(" ".join)


def harmful_characters(text: str) -> set[str]:
    """Those that control, turn the direction, have no width or are none. A newline is the output's own."""
    return {each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp") and each != "\n"}
