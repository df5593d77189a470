"""The migration guide does not rot: what it quotes is in the code, what it names exists, what it tells to run runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest

from harness.frameworks import FRAMEWORKS
from harness.record.fairness import Source
from tests.session.conftest import LIGHT

PROJECT = Path(__file__).parents[1]
GUIDE = PROJECT / "docs" / "migrating.md"
TEXT = GUIDE.read_text(encoding="utf-8")

BLOCK = re.compile(r"^```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)")
FIGURE = re.compile(r"\d[\d.e–-]*")
ROW = re.compile(r"^\| (?P<head>[^|]*) \|", re.MULTILINE)
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
GAP = "…"
MOST_LINES = 15  # of an excerpt: a longer one is not read, and breaks at every change


class Excerpt(msgspec.Struct, frozen=True):
    """What the guide quotes of a file."""

    path: str
    body: str

    @property
    def pieces(self) -> list[list[str]]:
        """Its lines between the gaps, each piece without its indentation."""
        pieces = re.split(rf"^\s*{GAP}\n", self.body, flags=re.MULTILINE)
        return [textwrap.dedent(piece).splitlines() for piece in pieces]


BLOCKS = list(BLOCK.finditer(TEXT))
EXCERPTS = [Excerpt(block["title"], block["body"]) for block in BLOCKS if block["title"]]
PROSE = BLOCK.sub("", TEXT)
LINKS = [(link["text"], link["target"]) for link in LINK.finditer(PROSE)]
FIGURES = [(text, target) for text, target in LINKS if FIGURE.fullmatch(text)]
COMMANDS = [line for block in BLOCKS if block["language"] == "sh" for line in block["body"].splitlines()]
TWINS = {
    framework: {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    for framework in FRAMEWORKS
    for folder in [PROJECT / "harness" / "frameworks" / framework]
}
ALONE = {  # without a twin, and why; a folder stands for all in it
    "pytorch": {
        "original.py": "PyTorch's tensors are the canonical ones: it makes and reads them",
        "calibration.py": "of the weights that it makes",
        "layers.py": "its layers, which the other framework's are paired with",
        "flops.py": "one count for all frameworks, by torch's counter",
        "build_tools.py": "torch.compile's kernels are built by a compiler of the machine's, XLA brings its own",
        "shared_memory.py": "a DataLoader's workers are processes, tf.data has threads",
        "walk/": "it is walked through beside the other framework's tape",
    },
    "tensorflow": {
        "releasing.py": "PyTorch's modules hold nothing that is read no more; Keras' graphs do",
        "port/": "takes the canonical tensors over",
        "tape.py": "what the original is walked through beside",
        "taped.py": "the same of inference and of training",
        "fused_norm.py": "PyTorch's batch norm is one kernel by itself",
        "summing.py": "PyTorch's wrapper sums the gradients, in TensorFlow the step does",
    },
}
UNQUOTED = {"__init__.py", "framework.py"}  # they list what the others hold


def first_after(piece: list[str], lines: list[str], start: int) -> int:
    """Index of the line after the piece's first occurrence from `start` on, whatever its indentation. Raises ValueError."""
    for index in range(start, len(lines) - len(piece) + 1):
        if textwrap.dedent("\n".join(lines[index : index + len(piece)])).splitlines() == piece:
            return index + len(piece)
    raise ValueError("\n".join(piece))


def is_alone(path: str) -> bool:
    """Whether the file, as the guide quotes it, has no twin."""
    return path.startswith(tuple(f"harness/frameworks/{framework}/{name}" for framework, names in ALONE.items() for name in names))


def twins(framework: str) -> set[str]:
    return {name for name in TWINS[framework] if not is_alone(f"harness/frameworks/{framework}/{name}")}


def slug(title: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("excerpt", EXCERPTS, ids=lambda excerpt: excerpt.path)
def test_an_excerpt_is_in_its_file(excerpt: Excerpt) -> None:
    lines = (PROJECT / excerpt.path).read_text(encoding="utf-8").splitlines()
    place = 0
    for piece in excerpt.pieces:
        assert any(line.strip() for line in piece), f"{excerpt.path}: an empty piece"
        try:
            place = first_after(piece, lines, place)
        except ValueError as missing:
            pytest.fail(f"docs/migrating.md quotes what {excerpt.path} does not say, or not in this order:\n{missing}", pytrace=False)


def test_a_changed_line_would_be_found() -> None:
    lines = ["def f():", "    return 1", "", "x = 2"]
    assert first_after(["return 1"], lines, 0) == 2
    with pytest.raises(ValueError, match="return 2"):
        first_after(["return 2"], lines, 0)
    with pytest.raises(ValueError, match="return 1"):
        first_after(["return 1"], lines, 2)


def test_excerpts_are_short() -> None:
    assert {each.path: len(each.body.splitlines()) for each in EXCERPTS if len(each.body.splitlines()) > MOST_LINES} == {}


def test_code_without_a_file_is_the_readers_own() -> None:
    """Nobody forgets a title: the only untitled Python is what reads the reader's JSON."""
    untitled = [block["body"] for block in BLOCKS if block["language"] == "python" and not block["title"]]
    assert ["port.json" in body for body in untitled] == [True]


def test_every_twin_is_beside_the_other() -> None:
    first, second = FRAMEWORKS
    paired = [each for each in EXCERPTS if not is_alone(each.path)]
    for ours, theirs in zip(paired[::2], paired[1::2], strict=True):
        assert first in ours.path
        assert ours.path.replace(first, second) == theirs.path


def test_every_twin_is_quoted() -> None:
    first, second = FRAMEWORKS
    assert twins(first) == twins(second)
    folder = f"harness/frameworks/{first}/"
    quoted = {each.path.removeprefix(folder) for each in EXCERPTS if each.path.startswith(folder)}
    wanted = {name.partition("/")[0] for name in twins(first)} - UNQUOTED  # of a package any file
    assert {name.partition("/")[0] for name in quoted} == wanted


@pytest.mark.parametrize(("framework", "name"), [(framework, name) for framework, names in ALONE.items() for name in names])
def test_a_file_without_a_twin_is_there_and_named(framework: str, name: str) -> None:
    (other,) = set(FRAMEWORKS) - {framework}
    assert (PROJECT / "harness" / "frameworks" / framework / name).exists()
    assert not (PROJECT / "harness" / "frameworks" / other / name).exists()
    assert f"`{name}`" in PROSE


def test_every_source_of_unfairness_has_a_row() -> None:
    explained = [row["head"].strip("`") for row in ROW.finditer(PROSE) if row["head"].startswith("`")]
    assert sorted(explained) == sorted(Source)


@pytest.mark.parametrize("target", sorted({target for _, target in LINKS}))
def test_a_link_leads_somewhere(target: str) -> None:
    path, _, anchor = target.partition("#")
    if "://" in target:
        return
    linked = (GUIDE.parent / path).resolve() if path else GUIDE
    assert linked.is_relative_to(PROJECT)
    assert linked.exists()
    if anchor:
        assert anchor in {slug(heading["title"]) for heading in HEADING.finditer(linked.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(("figure", "target"), FIGURES)
def test_a_figure_stands_in_the_file_it_links_to(figure: str, target: str) -> None:
    text = (GUIDE.parent / target).read_text(encoding="utf-8")
    assert re.search(rf"(?<![\w.]){re.escape(figure)}(?![\w.]*\d)", text), f"{target} does not say {figure}"


def test_figures_are_linked_at_all() -> None:
    assert len(FIGURES) > 10


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_finds_its_tests(command: str, tmp_path: Path) -> None:
    """Collected, not run."""
    (tmp_path / "short.json").write_text(re.findall(r"`(\{.*?\})`", PROSE)[0], encoding="utf-8")
    name, *arguments = shlex.split(command.replace("short.json", str(tmp_path / "short.json")))
    assert name == "pytest"
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--collect-only", "-q", *LIGHT],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert collected.returncode == pytest.ExitCode.OK, collected.stdout + collected.stderr
