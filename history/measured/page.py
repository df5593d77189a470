"""The page: what was measured on, then a section a question, then how it can be made again."""

from __future__ import annotations

from collections.abc import Iterator

from harness.findings.ahead import verdicts
from harness.findings.comparison import Comparison
from harness.findings.models import model_titles
from harness.findings.outputs.markdown import escaped
from history.measured import again, cold_starts, coverage, machine, memory, published, side_by_side, twice, utilisation
from history.measured.folder import Folder

WORDS = (
    "*full* trains every layer, *frozen* the part that the model's `model.toml` names: of ResNet50 the head. *matched*: every known source"
    " of unfairness is at a neutral setting; *stock*: each framework as scripts usually have it. *plain* is PyTorch eager and a TensorFlow"
    " graph; *bs32* a batch of 32."
)
NO_COMPARISON = "- figures of one framework at a time: nothing was compared"
CAUTION = "Before you quote a figure, read what it rests on:"
SECTIONS = (machine, coverage, side_by_side, twice, utilisation, memory, cold_starts, published, again)


def page(folder: Folder, command: str) -> str:
    """In Markdown. command: what makes the page."""
    blocks = [f"# {folder.about.title}", *_opening(folder)]
    for section in SECTIONS:
        found = list(section.blocks(folder))
        if found:
            blocks += [f"## {section.TITLE}", *found]
    blocks += ["This page is made from the files in the folder beside it:", f"```sh\n{command}\n```"]
    return "\n\n".join(blocks) + "\n"


def _opening(folder: Folder) -> Iterator[str]:
    models = ", ".join(model_titles(each for session in folder.sessions for each in session.measured).values())
    yield f"What this suite has measured of {escaped(models)} on one machine, in short:"
    yield "\n".join(f"- {text}" for session in folder.sessions for each in session.comparisons for text in _in_short(each)) or NO_COMPARISON
    yield WORDS
    if folder.about.notes:
        yield CAUTION
        yield "\n".join(f"- {note}" for note in folder.about.notes)


def _in_short(comparison: Comparison) -> Iterator[str]:
    """A line for each side that the reference was compared with."""
    for verdict in verdicts(comparison):
        if verdict.other:
            ratio = f"; ratio {escaped(verdict.ratio)}, {escaped(verdict.interval)}" if verdict.ratio else ""
            yield f"{escaped(comparison.title)}: **{escaped(verdict.text)}**{ratio}"
