"""`-k` knows the words that tables and titles have, of whichever framework a side is, and cuts no comparison in half."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from _pytest.mark import KeywordMatcher
from _pytest.mark.expression import Expression
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.findings.comparison import phase_title
from harness.findings.models import model_titles
from harness.frameworks import FRAMEWORKS, title
from harness.record.case import DEFAULT_MODEL, Case, Execution
from harness.record.measurement import Measurement
from harness.record.outcome import Outcome
from tests.session.test_cases import PROJECT, collect

PROGRAM = """
import json, sys, msgspec, pytest
from _pytest.mark import KeywordMatcher

class Named:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        from harness.findings.comparison import title_of
        from harness.session.cases import CASE
        found = [
            {
                "case": msgspec.to_builtins(item.stash[CASE]),
                "names": sorted(KeywordMatcher.from_item(item)._names),
                "side": [title_of(item.stash[CASE]), item.stash[CASE].framework],
            }
            for item in items
            if CASE in item.stash
        ]
        with open(sys.argv[1], "w") as file:
            json.dump(found, file)

everything = ["-m", "core or not core", "--model", sys.argv[2]]
sys.exit(pytest.main(["benchmarks", "--collect-only", "-qq", "-p", "no:cacheprovider", "-W", "ignore", *everything], plugins=[Named()]))
"""
OWN = {name for listing in FRAMEWORKS.values() for name in listing.executions.values()}  # eager, graph, …
AMBIGUOUS = {"to"}  # part of a framework's name: `-k` looks for parts of words

WORDS = st.sampled_from(
    sorted({"plain", "compiled", "fused_norm", "matched", "stock", "frozen", "full", "fp32", "bf16", "bs1", "memory"} | OWN)
)
EXPRESSIONS = st.recursive(
    WORDS,
    lambda inner: (
        inner.map("not ({})".format)
        | st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda each: "({}) {} ({})".format(*each))
    ),
    max_leaves=5,
)


class Item(msgspec.Struct, frozen=True):
    """A test of the real matrix, and what `-k` is compared with."""

    case: Case
    names: frozenset[str]
    side: tuple[str, str]  # the comparison's title, and the framework


def items_of(model: str, folder: Path) -> list[Item]:
    """Every test that measures a case of it. folder: an empty one."""
    path = folder / "items.json"
    subprocess.run([sys.executable, "-c", PROGRAM, str(path), model], cwd=PROJECT, stdout=subprocess.DEVNULL, timeout=60, check=True)
    return msgspec.convert(json.loads(path.read_text()), list[Item])


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """Of every shipped model."""
    return items_of("all", tmp_path_factory.mktemp("named"))


def selected(items: list[Item], expression: str) -> set[tuple[str, str]]:
    """The sides that `-k EXPRESSION` leaves."""
    compiled = Expression.compile(expression)
    return {each.side for each in items if compiled.evaluate(KeywordMatcher(each.names))}


def sides(items: list[Item], word: str) -> set[tuple[str, str]]:
    """Those whose title has the word."""
    return {each.side for each in items if any(word in part for part in each.side[0].split())}


def test_each_word_of_a_title_selects_exactly_the_comparisons_whose_title_has_it(items: list[Item]) -> None:
    words = {word for each in items for word in each.side[0].split()} - AMBIGUOUS
    assert {
        "plain",
        "compiled",
        "fp32",
        "frozen",
        "full",
        "stock",
        "memory",
        "train",
        "step",
        "bs8",
        "loop",
        "sequential",
        "keras",
        "mlp",
    } < words
    assert {word: selected(items, word) ^ sides(items, word) for word in words if selected(items, word) != sides(items, word)} == {}


def test_each_phase_is_found_by_its_title_and_by_its_name(items: list[Item]) -> None:
    for phase in {each.case.phase for each in items}:
        own = {each.side for each in items if each.case.phase == phase} | sides(items, phase)  # inference is a workload, too
        assert selected(items, phase) == own
        assert selected(items, " and ".join(phase_title(phase).split())) == own


@pytest.mark.parametrize("execution", [Execution.PLAIN, Execution.COMPILED])
def test_each_framework_s_own_word_selects_every_side(items: list[Item], execution: Execution) -> None:
    for listing in FRAMEWORKS.values():
        found = selected(items, listing.executions[execution])
        assert selected(items, execution) - found == {
            each.side for each in items if "plain" in (each.case.strategy or "") and execution == "plain"
        }
        assert {framework for _, framework in found} == set(FRAMEWORKS)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_framework_selects_its_own_sides_alone(items: list[Item], framework: str) -> None:
    for word in (framework, title(framework)):
        assert selected(items, word) == {each.side for each in items if each.case.framework == framework}
    assert selected(items, f"plain and {framework}") == {side for side in selected(items, "plain") if side[1] == framework}


def test_a_model_is_found_by_its_name_and_by_its_title(items: list[Item]) -> None:
    models = {each.case.model for each in items}
    titles = model_titles(Measurement(case=each.case, outcome=Outcome.OK) for each in items)
    for model in models:
        own = {each.side for each in items if each.case.model == model}
        assert selected(items, model) == own
        assert selected(items, " and ".join(titles[model].split())) == own


def test_tuned_is_the_way_of_loading_that_the_tables_call_so(items: list[Item]) -> None:
    tuned = selected(items, "tuned and matched")
    assert tuned
    phases = {each.case.phase for each in items if each.side in tuned}
    assert phases == {"data_pipeline", "pipeline_scaling"}


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expression=EXPRESSIONS)
def test_no_expression_of_such_words_cuts_a_comparison_in_half(items: list[Item], expression: str) -> None:
    of_one = [each for each in items if each.case.model == DEFAULT_MODEL]
    found, all_sides = selected(of_one, expression), {each.side for each in of_one}
    assert {side for side in all_sides if side[0] in {name for name, _ in found}} == found


def test_pytest_itself_selects_so() -> None:
    file = "benchmarks/test_train_step.py"
    found = collect(file, "--model", "vit_b_16", "-k", "ViT-B/16 and eager and not fused_norm and full")
    assert len(found) == 6
    assert {word for each in found for word in each.split("-") if word in OWN} == {"eager", "graph"}
    found = collect(file, "-k", "not compiled")
    assert found
    assert not any("-compile-" in each or "-xla-" in each for each in found)
    assert sum("[pytorch-" in each for each in found) == sum("[tensorflow-" in each for each in found)


def test_a_model_s_title_takes_no_word_of_the_tables(tmp_path: Path) -> None:
    """`-k memory` is the phase, whatever a model is called."""
    own = tmp_path / "own"
    own.mkdir()
    for path in (PROJECT / "fixtures/models/mlp").glob("*.*"):
        (own / path.name).write_text(path.read_text().replace('"Multilayer perceptron"', '"Plain long memory"'))
    items = items_of(str(own), tmp_path)
    assert selected(items, "long") == {each.side for each in items}
    assert selected(items, "memory") == {each.side for each in items if each.case.phase == "memory"} != set()
    assert selected(items, "plain") == {each.side for each in items if each.case.execution is Execution.PLAIN} != set()
