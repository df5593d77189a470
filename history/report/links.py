"""Where a commit can be looked at, if anywhere."""

from __future__ import annotations

import re

import msgspec

from history.records import BadInput

PLACE = "{commit}"
_HASH = re.compile(r"[0-9a-f]{7,64}")


class Links(msgspec.Struct, frozen=True):
    template: str  # "" where there is no such place

    def commit(self, hash_: str | None) -> str | None:
        return self.template.replace(PLACE, hash_) if self.template and hash_ and _HASH.fullmatch(hash_) else None


def links(template: str) -> Links:
    """Raises BadInput for what is no address of a commit."""
    if template and not (re.match(r"https?://[^\s\"'<>]+$", template) and PLACE in template):
        raise BadInput(f"--commit-url {template}: not the address of a commit. Give https://…/commit/{PLACE}.")
    return Links(template)
