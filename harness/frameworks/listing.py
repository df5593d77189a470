"""What can be said of a framework without importing it."""

from __future__ import annotations

import msgspec

from harness.record.case import Execution
from harness.record.fairness import Source


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """In the `__init__` of each framework's folder, as LISTING."""

    place: int = 0  # among the others: the sides of a comparison are in this order everywhere, and the first that is there is the reference
    title: str
    module: str  # offers `contract.Framework`; imported in the worker alone
    package: str = ""  # what is imported under that name is the framework: where it is missing, the framework is not installed
    original: str = ""  # offers `original.Original`: of the one framework whose names and layouts of tensors are the canonical ones
    walk: str = ""  # offers `examination.Walking`: of the same one
    taped: str = ""  # offers `examination.Taped`: of the others
    executions: dict[Execution, str]  # its own name for each execution mode
    formats: tuple[str, ...] = ()  # in which it saves a model
    tuned: str = ""  # the way to load images that `matched` has: what it is, in a line
    strategies: dict[str, str] = {}  # the other ways
    exchanges: dict[str, str] = {}  # other ways for ranks to exchange what a step needs: what each is, in a line
    meter: str = "allocator_peak_bytes"  # of GPU memory: the reading that its users usually quote
    habits: dict[Source, str] = {}  # what it does at each source of unfairness where nobody says otherwise
    variables: dict[str, str] = {}  # environment variables that each of its workers has
    neutral_variables: dict[Source, dict[str, str]] = {}  # those of its workers where a source of unfairness is at its neutral setting
    leftovers: tuple[str, ...] = ()  # environment variables of a shell that would change it alone, * for any end: neutral is without them
