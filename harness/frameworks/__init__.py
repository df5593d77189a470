"""The frameworks compared, by name: the folders beside this file. Nothing else in the suite knows one by name.

A further framework is a folder that offers what `contract.Framework` asks for, with a `listing.Listing` in its `__init__`.
"""

from __future__ import annotations

import importlib
import pkgutil

from harness.frameworks.listing import Listing


def _found() -> dict[str, Listing]:
    names = [each.name for each in pkgutil.iter_modules(__path__) if each.ispkg]
    found: dict[str, Listing] = {name: importlib.import_module(f"{__name__}.{name}").LISTING for name in names}
    return dict(sorted(found.items(), key=lambda each: (each[1].place, each[0])))


FRAMEWORKS = _found()


def rank(framework: str) -> int:
    """Its place in the listing: the sides of a comparison are in this order everywhere. One that is not listed comes last."""
    return list(FRAMEWORKS).index(framework) if framework in FRAMEWORKS else len(FRAMEWORKS)


def titles() -> dict[str, str]:
    return {name: listing.title for name, listing in FRAMEWORKS.items()}


def title(framework: str) -> str:
    """As people write it. A run of long ago may have a framework that is listed no more; files of other suites have none."""
    return FRAMEWORKS[framework].title if framework in FRAMEWORKS else framework or "case"
