"""The page about architectures that two libraries have under one name: which are the same network, and where the others part and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.findings.outputs.markdown import cell, escaped
from harness.findings.partings import Group, grouped
from harness.record.parting import Examination, Parting

TITLE = "# The same name, the same network?"
NOUNS = {
    "batch_norm": "batch norms",
    "layer_norm": "layer norms",
    "conv2d": "convolutions",
    "linear": "dense layers",
    "avg_pool2d": "average pools",
}
LIBRARIES = ("torchvision", "keras.applications")  # of an examination's frameworks, in their order
UNKNOWN = "no known reason"
FADED = (
    1e-6  # in deviations, of values that are called equal: what a library computes in float32 makes less, a fault may be as small as this
)

Entries = tuple[str, ...]


def page(examinations: Sequence[Examination], versions: Mapping[str, str], command: str) -> str:
    """In Markdown. versions: of the libraries, by name. command: what has made the examinations."""
    lines = [TITLE, "", *_opening(examinations, versions, command), "", *_table(examinations)]
    for entries, family in _families(examinations).items():
        lines += ["", *_family(entries, family)]
    return "\n".join(lines) + "\n"


def _opening(examinations: Sequence[Examination], versions: Mapping[str, str], command: str) -> Iterator[str]:
    same = sum(each.agrees and _faded(each) is None for each in examinations)
    unexplained = sum(not parting.is_explained for each in examinations for parting in each.faults)
    yield (
        f"{len(examinations)} architectures that torchvision and keras.applications both have, {same} of which are the same network when"
        " torchvision's weights are put into Keras' layers."
    )
    if unexplained:
        yield f"{_places(unexplained)} without a known reason."
    elif same < len(examinations):
        yield "Each reason is tested: PyTorch's layer computed under it gives what TensorFlow's gives, and the walk goes on behind it."
    yield ""
    yield f"Versions: {', '.join(f'{name} {version}' for name, version in versions.items())}."
    yield "Both networks compute in float64 on a CPU in inference mode: weights and inputs from a seed, small images."
    yield "Keras' own preprocessing is left off where it can be (`include_preprocessing=False`, by default it is on)."
    yield "EfficientNet-B's cannot be, and scales by mean and deviation, too, where it has ImageNet's weights."
    yield "SAME pads otherwise than symmetric padding does where a stride of 2 meets an even size, as it mostly does."
    yield ""
    yield f"    {command}"


def _table(examinations: Sequence[Examination]) -> Iterator[str]:
    yield "| architecture | same network? | where it parts, and why | layers compared |"
    yield "|---|---|---|---:|"
    for each in examinations:
        yield f"| {cell(each.title)} | {_verdict(each)} | {_cell(each)} | {each.layers} |"


def _verdict(examination: Examination) -> str:
    if examination.failure:
        return "not examined"
    if examination.agrees:
        return "**yes**" if _faded(examination) is None else "as far as can be told"
    return "no"


def _cell(examination: Examination) -> str:
    if examination.failure:
        return escaped(examination.failure)
    told = [f"{_where(group, examination)}: {_why(group)}" for group in grouped(examination.faults)]
    faded = _faded(examination)
    if faded is not None:
        most = max(point.apart for line in examination.lines for point in line.points)
        told.append(f"from `{faded}` on nothing is proven: what is called equal there is up to {most:.1g} deviations apart")
    return "<br>".join(cell(each) for each in (*told, *examination.notes)) or "nowhere"


def _faded(examination: Examination) -> str | None:
    """The first layer whose values are called equal though they are far apart, as rounding grows from layer to layer in some networks."""
    return next((point.layer for line in examination.lines for point in line.points if point.apart > FADED), None)


def _where(group: Group, examination: Examination) -> str:
    """`all 53 batch norms`, or how many of them, or the layer."""
    layers = group.layers
    (kind, *others) = {_operation(each) for each in group.partings}
    if len(layers) == 1:
        return f"`{layers[0]}`"
    if kind not in NOUNS or others:
        return f"{len(layers)} layers, the first `{layers[0]}`"
    every = {point.layer for line in examination.lines for point in line.points if point.operation == kind}
    every |= {each.layer for each in examination.partings if _operation(each) == kind}
    if len(every) == len(layers):
        return f"all {len(layers)} {NOUNS[kind]}"
    return f"{len(layers)} of {len(every)} {NOUNS[kind]}, the first `{layers[0]}`"


def _operation(parting: Parting) -> str:
    return parting.operation.partition("(")[0]


def _why(group: Group) -> str:
    return "; ".join(each.told for each in group.first.reasons) or UNKNOWN


def _families(examinations: Sequence[Examination]) -> dict[Entries, list[Examination]]:
    """Architectures that part for the same reasons, in the order of the table. Those that agree need no paragraph."""
    found: dict[Entries, list[Examination]] = {}
    for each in examinations:
        entries = {reason.entry for parting in each.faults for reason in parting.reasons}
        if entries:
            found.setdefault(tuple(sorted(entries)), []).append(each)
    return found


def _family(entries: Entries, family: Sequence[Examination]) -> Iterator[str]:
    """What is to be changed: on one side or on the other."""
    yield f"## {_joined([each.title for each in family])}"
    yield ""
    for name in entries:
        known = next((each.known[name] for each in family if name in each.known), None)
        told = dict.fromkeys(
            reason.told for each in family for parting in each.faults for reason in parting.reasons if reason.entry == name
        )
        yield f"- **{known.title if known else name.replace('_', ' ')}.** {'. '.join(map(_sentence, told))}."
        mends = [f"In {library}: {mend}" for library, mend in zip(LIBRARIES, known.mends.values(), strict=True)] if known else []
        yield from (f"  {_sentence(each)}" for each in mends)


def _places(count: int) -> str:
    return "One place is" if count == 1 else f"{count} places are"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _joined(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
