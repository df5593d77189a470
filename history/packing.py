"""JSON as it is kept for long: without white space, and packed by gzip, which every machine can unpack."""

from __future__ import annotations

import gzip
import zlib

import msgspec

SUFFIX = ".gz"
_FIRST_BYTES = b"\x1f\x8b"


class PackingError(Exception):
    """What was packed cannot be unpacked. The message says why."""


def packed(content: bytes) -> bytes:
    """The same bytes for the same content: no time is in them."""
    return gzip.compress(content, mtime=0)


def is_packed(content: bytes) -> bool:
    """Its first bytes tell; a name may lie."""
    return content.startswith(_FIRST_BYTES)


def unpacked(content: bytes) -> bytes:
    """As it is where it is not packed. Raises PackingError."""
    if not is_packed(content):
        return content
    try:
        return gzip.decompress(content)
    except EOFError as error:
        raise PackingError("truncated") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise PackingError(f"damaged: {error}") from error


def compact(content: bytes) -> bytes:
    """The same JSON to the last digit, without white space. Raises msgspec.DecodeError."""
    return msgspec.json.format(content, indent=-1)
