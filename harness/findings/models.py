"""The models among measurements: which there are, how people call each, and when a title has to say which one it is about.

No finding rests on two of them: another model is other work.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable

from fixtures.models import folder
from harness.record.case import DEFAULT_MODEL
from harness.record.measurement import Measurement


def by_model(measurements: Iterable[Measurement]) -> dict[str, list[Measurement]]:
    """By name: the default first, the others as they come."""
    found: dict[str, list[Measurement]] = {}
    for each in measurements:
        found.setdefault(each.case.model, []).append(each)
    return dict(sorted(found.items(), key=lambda each: each[0] != DEFAULT_MODEL))


def model_titles(measurements: Iterable[Measurement]) -> dict[str, str]:
    """By name, in the order of `by_model`. One that no measurement tells the title of is called by its name; of two of one title the
    name is told too.
    """
    titles = {name: _title(name, found) for name, found in by_model(measurements).items()}
    often = Counter(titles.values())
    return {name: title if often[title] == 1 else f"{title} ({name})" for name, title in titles.items()}


def told_apart(measurements: Iterable[Measurement]) -> dict[str, str]:
    """What a title says of each model, by name: nothing of the default one where it stands alone."""
    titles = model_titles(measurements)
    if titles.keys() <= {DEFAULT_MODEL}:
        return dict.fromkeys(titles, "")
    return titles


def headed(text: str, model: str) -> str:
    """A title with what `told_apart` says of the model."""
    return f"{text}, {model}" if model else text


def _title(name: str, measurements: Iterable[Measurement]) -> str:
    """Runs of before models had titles are of one that ships."""
    told = (each.provenance.model_title for each in measurements if each.provenance)
    return next(filter(None, told), "") or _shipped().get(name, name)


@functools.cache
def _shipped() -> dict[str, str]:
    """Titles by name."""
    return {name: folder.find(name).description.title for name in folder.shipped()}
