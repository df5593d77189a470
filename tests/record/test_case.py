"""The table of axes: every field of a case has its row, and ids and titles name what it has."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from harness.findings.comparison import title_of
from harness.frameworks import FRAMEWORKS
from harness.phases import PHASES
from harness.record.case import AXES, DEFAULT_MODEL, Case, Execution, Precision, Style, Workload, parts
from harness.session.cases import PARAMETERS, case_id

CASE = Case(phase="memory", workload=Workload.FROZEN, style=Style.MATCHED, batch_size=8, framework="pytorch")
cases = st.builds(
    Case,
    framework=st.sampled_from(sorted(FRAMEWORKS)),
    phase=st.sampled_from(sorted(PHASES)),
    model=st.sampled_from([DEFAULT_MODEL, "mlp", "my_model"]),
    workload=st.sampled_from(Workload),
    style=st.sampled_from(Style),
    batch_size=st.integers(1, 4096),
    execution=st.none() | st.sampled_from(Execution),
    precision=st.none() | st.sampled_from(Precision),
    strategy=st.none() | st.sampled_from(["workers", "threads"]),
    model_format=st.none() | st.sampled_from(["keras", "onnx"]),
    ranks=st.integers(1, 64),
    exchange=st.none() | st.sampled_from(["synchronized", "accumulated_4"]),
)


def test_every_axis_has_its_row_and_its_place() -> None:
    assert tuple(AXES) == Case.__struct_fields__
    assert sorted(PARAMETERS) == sorted(AXES.keys() - {"phase"})
    places = [AXES[name].id_place for name in PARAMETERS]
    assert places == sorted(set(places)), "two axes at one place have no order"
    for axis in AXES.values():
        assert axis.only.keys() <= AXES.keys()


def test_what_is_at_its_default_is_not_named() -> None:
    assert parts(CASE) == {"phase": "memory", "workload": "frozen", "style": "matched", "batch_size": "bs8", "framework": "pytorch"}
    assert parts(CASE, frozenset({"phase", "framework"})) == {"workload": "frozen", "style": "matched", "batch_size": "bs8"}


def test_a_model_that_is_not_the_default_one_is_named_before_all_else() -> None:
    other = msgspec.structs.replace(CASE, model="mlp")
    assert case_id(other) == f"mlp-{case_id(CASE)}"
    assert (title_of(CASE), title_of(other)) == ("memory frozen matched bs8", "memory mlp frozen matched bs8")
    without = msgspec.to_builtins(CASE)
    del without["model"]  # as it stands in runs of before there were others
    assert msgspec.convert(without, Case) == CASE


def test_a_single_process_is_not_named_as_a_rank_and_runs_of_before_there_were_ranks_are_of_one() -> None:
    several = msgspec.structs.replace(CASE, ranks=4, exchange="synchronized")
    assert case_id(several) == f"{case_id(CASE)}-ranks4-synchronized"
    assert title_of(several) == f"{title_of(CASE)} ranks4 synchronized"
    without = msgspec.to_builtins(CASE)
    del without["ranks"], without["exchange"]
    assert msgspec.convert(without, Case) == CASE


@given(cases, cases)
def test_ids_and_titles_tell_every_case_of_a_phase_from_another(first: Case, second: Case) -> None:
    """But for a workload that the phase says already: there is no other in it."""
    same_work = PHASES[first.phase].workload in (None, first.workload) and PHASES[second.phase].workload in (None, second.workload)
    if first.phase == second.phase and same_work:
        assert (case_id(first) == case_id(second)) is (first == second)
        assert (title_of(first) == title_of(second)) is (first == msgspec.structs.replace(second, framework=first.framework))


@given(cases)
def test_a_case_survives_the_json(case: Case) -> None:
    assert msgspec.json.decode(msgspec.json.encode(case), type=Case) == case
