"""While two networks are compared, neither holds more values than are still read or may have to be explained."""

from __future__ import annotations

from tests.frameworks.conftest import RunIn

MOST_IN_KERAS = 6  # values: two layers', what the network itself goes around with, and what its outputs are
MOST_IN_PYTORCH = 16  # two layers' are kept with their activations, and until they are collected those of as many more


def test_a_tape_lets_go_of_what_is_read_no_more(run_in: RunIn) -> None:
    found = run_in("tensorflow", "import released\nresult = released.held()")
    for name, (is_same, kept, let_go) in found.items():
        assert is_same, name
        assert let_go <= MOST_IN_KERAS < kept, f"{name}: {let_go} values live at once, of {kept} that Keras holds by itself"


def test_a_walk_keeps_the_latest_calls_alone(run_in: RunIn) -> None:
    values, most, partings = run_in("pytorch", "import walked\nresult = walked.held()")
    assert partings == 0
    assert values == 120
    assert most <= MOST_IN_PYTORCH
