"""What makes two runs comparable: said here, asked by the session, by the gate and by the page.

Two machines, experiments or inputs do not compare. Nor do two builds of a framework, unless it is they that are compared. A model compares
only with itself: the same folder, the same weights. Where a worker ran does not matter, as long as it ran on the same kind of machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from harness.record.case import DEFAULT_MODEL
from harness.record.machine import Machine, ModelOfRun

PLACE = frozenset({"host", "gpu_uuid"})  # fields of an environment that say where, not what: another host of the same kind compares
HARDWARE = frozenset({"device", "device_name", "compute_capability"})  # what even a comparison of two environments shares
THE_MACHINE_ITSELF = frozenset({"cpu", "cpu_count", "gpu"})  # runs of two of these are two histories
_HASH, _HASH_DIGITS = "_sha256", 12
_NAMES = frozenset({"experiment", "job_experiment"})  # their hashes tell; an experiment may be renamed
_MODELS = "models"


class Difference(msgspec.Struct, frozen=True):
    """One thing in which two runs differ."""

    field: str
    then: str
    now: str
    called: tuple[str, str] = ("", "")  # what the two are called by people, where that is told; a name makes no difference
    subject: str = ""  # what differs, as people read it, where the field's name does not say it

    @property
    def told(self) -> str:
        then, now = (short(self.field, value) for value in (self.then, self.now))
        if all(self.called):
            then, now = (f"{called} ({value})" for called, value in zip(self.called, (then, now), strict=True))
        return f"{self.subject or name(self.field)}: {then} → {now}"


def name(field: str) -> str:
    """As people read it."""
    return field.removesuffix(_HASH).replace("_", " ")


def short(field: str, value: str) -> str:
    """Of a hash, as much as tells two apart."""
    return value[:_HASH_DIGITS] if field.endswith(_HASH) else value


def told(machine: Machine) -> dict[str, str]:
    """What it says of itself that is compared, by field and in their order. That there is no GPU is said as well."""
    said = {field: getattr(machine, field) for field in Machine.__struct_fields__ if field not in (*_NAMES, _MODELS)}
    return {field: "none" if value is None else str(value) for field, value in said.items() if value is not None or field == "gpu"}


def told_of_models(machine: Machine) -> dict[str, str]:
    """What it says of the models that it measured, by what that is called and in their order. Hashes as much as tells two apart."""
    return {_of_model(field, each.name): short(field, value) for each in machine.models for field, value in _told_of(each).items()}


def machine_differences(then: Machine, now: Machine, models: Iterable[str] | None = None) -> list[Difference]:
    """In the order of the fields, then of the models. What one of the two does not tell is no difference. models: `model_differences`."""
    return [*surroundings_differences(then, now), *model_differences(then, now, models)]


def surroundings_differences(then: Machine, now: Machine) -> list[Difference]:
    """In what all cases of a run have in common, whatever their model."""
    before, after = told(then), told(now)
    fields = [field for field in before if field in after and before[field] != after[field]]
    return [Difference(field, before[field], after[field], (_called(then, field), _called(now, field))) for field in fields]


def model_differences(then: Machine, now: Machine, names: Iterable[str] | None = None) -> list[Difference]:
    """Of models that both measured. names: of those that are asked about; None: all. One that only one of them has, has no partner."""
    before, after = ({each.name: each for each in machine.models} for machine in (then, now))
    found = []
    for model in sorted(before.keys() & after.keys() & (before.keys() if names is None else set(names))):
        ours, theirs = _told_of(before[model]), _told_of(after[model])
        fields = [field for field in ours if field in theirs and ours[field] != theirs[field]]
        found += [Difference(field, ours[field], theirs[field], subject=_of_model(field, model)) for field in fields]
    return found


def environment_differences(then: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """Of two workers of one framework, by field. What one of the two does not tell is no difference."""
    fields = sorted((then.keys() & now.keys()) - PLACE)
    return [Difference(field, then[field], now[field]) for field in fields if then[field] != now[field]]


def field_differences(then: msgspec.Struct, now: msgspec.Struct) -> list[Difference]:
    """Of two records of one kind, in the order of their fields; those of a field that is a dictionary, by its keys."""
    found = []
    for field in type(then).__struct_fields__:
        before, after = ({field: each} if not isinstance(each, dict) else each for each in (getattr(then, field), getattr(now, field)))
        keys = dict.fromkeys([*before, *after])
        found += [
            Difference(key, str(before.get(key, "none")), str(after.get(key, "none"))) for key in keys if before.get(key) != after.get(key)
        ]
    return found


def _called(machine: Machine, field: str) -> str:
    called = field.removesuffix(_HASH)
    return (getattr(machine, called) if field.endswith(_HASH) and called in _NAMES else None) or ""


def _told_of(model: ModelOfRun) -> dict[str, str]:
    """By field; the folder's digest is the model's."""
    said = {"model_sha256": model.sha256, "weights_sha256": model.weights_sha256, "job_weights_sha256": model.job_weights_sha256}
    return {field: value for field, value in said.items() if value is not None}


def _of_model(field: str, model: str) -> str:
    """What it is of that model, as people read it: weights that are said to be no model's are the default one's, as in titles."""
    what = name(field)
    return f"{what} {model}" if field == "model_sha256" else what if model == DEFAULT_MODEL else f"{what} of {model}"
