"""Rank 0 alone decides: over a whole case the others make exactly its calls, however often it measures again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.phases.data_parallel.leading import PEAK_STEPS
from harness.record.measurement import ALONE, of_rank
from harness.session.workers.crew import Crew
from harness.worker.protocol import Block, Measure, Request
from tests.session.workers.crews import BEGIN, END, SECONDS, SETUP, call, left_behind, list_stand_ins, workers
from tests.stand_in.ranked import CALLED

RANKS = 3
BLOCKS = 3
RETAKE_SECONDS = 0.3
TURNS = [Measure(block, 0.05, 3, RETAKE_SECONDS) for block in range(BLOCKS)]


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[str]], list[Block]]:
    """What each rank's works were asked in a case in which all rounds are taken again as long as there is time; and the blocks."""
    file = tmp_path_factory.mktemp("called") / "calls"
    with pytest.MonkeyPatch.context() as patch:
        list_stand_ins(patch, "ranked_disturbed")
        patch.setenv(CALLED, str(file))
        crew = Crew(workers(RANKS, name="ranked_disturbed"))
        try:
            crew.meet(SETUP, SECONDS)
            requests: list[Request] = [BEGIN, *TURNS, END]
            answers = [call(crew, request) for request in requests]
        finally:
            crew.close()
        assert left_behind(crew) == []
    return [Path(f"{file}.{rank}").read_text().splitlines() for rank in range(RANKS)], answers[1:-1]


@pytest.fixture(scope="module")
def case(noted: tuple[list[list[str]], list[Block]]) -> tuple[list[list[str]], list[Block]]:
    """The same, but for what their engines do, and for the end of each work."""
    by_rank, blocks = noted
    return [[each for each in calls if not (each.startswith("engine ") or each.endswith(" close"))] for calls in by_rank], blocks


def test_the_others_do_what_the_first_one_does_in_its_order(case: tuple[list[list[str]], list[Block]]) -> None:
    first, *others = case[0]
    for other in others:
        assert Counter(other) == Counter(first)
        assert other == first


def test_rounds_were_taken_again_and_every_work_has_had_every_call(case: tuple[list[list[str]], list[Block]]) -> None:
    """Else the test above would show little."""
    (first, *_), blocks = case
    assert all(block.retaken_rounds > 0 for block in blocks)
    counts = Counter(first)
    calls = {f"{name} {call}" for name in ("together", "alone", "exchange") for call in ("step", "fence")}
    assert set(counts) == {*calls, "together read_back"}
    steps = sum(len(block.rounds) + block.retaken_rounds for block in blocks)
    assert sum(count for name, count in counts.items() if name.endswith("step")) > steps


def test_each_rank_s_clock_has_the_rounds_of_the_step_alone(case: tuple[list[list[str]], list[Block]]) -> None:
    """Those that were taken again among them: only the first one knows which they were."""
    for block in case[1]:
        own = [block.references[of_rank(ALONE, rank)] for rank in range(1, RANKS)]
        assert len({len(rounds) for rounds in own}) == 1
        assert len(own[0]) >= len(block.references[ALONE])
        assert {round_.block for rounds in own for round_ in rounds} == {block.rounds[0].block}


def test_memory_is_read_of_what_a_training_has(noted: tuple[list[list[str]], list[Block]]) -> None:
    """Not of what the exchange alone sums, which is as large as the gradients."""
    for calls in noted[0]:
        reset = calls.index("engine end")
        assert [each for each in calls[:reset] if each.endswith(" close")] == ["alone close", "exchange close"]
        assert calls[reset + 1 :].count("together step") == PEAK_STEPS
        assert calls[-1] == "together close"


def test_one_rank_has_nobody_to_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No line, no follower, and no other work than the step."""
    list_stand_ins(monkeypatch)
    monkeypatch.setenv(CALLED, str(tmp_path / "calls"))
    crew = Crew(workers(1))
    try:
        answers = [call(crew, request) for request in (BEGIN, *TURNS, END)]
    finally:
        crew.close()
    assert list(tmp_path.iterdir()) == [], "the engine was not joined, nor its step built"
    assert all(block.references == {} for block in answers[1:-1])
    assert answers[-1].figures == {}
