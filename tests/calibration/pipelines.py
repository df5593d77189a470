"""Measures the tuned pipelines against themselves, and prints what the benchmark of pipelines makes of it.

A/A: the same pipeline in two processes, in turns, as a session measures its sides: the interval of their ratio must hold 1.
Buffers: the same pipeline, its blocks begun with full buffers and with empty ones in turns: that must change nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from fixtures.experiments import defaults
from fixtures.experiments.experiment import load
from harness import phases
from harness.findings.ratio import CONFIDENCE, Ratio, limit_share, ratio, ratio_of
from harness.frameworks import FRAMEWORKS
from harness.frameworks.contract import Setup
from harness.record.case import Case, Style, Workload
from harness.record.fairness import SURROUNDINGS
from harness.record.measurement import LIMIT, Measurement
from harness.record.outcome import Outcome
from harness.record.round import Round
from harness.session.measuring import SUITE
from harness.session.options import worker_spec
from harness.session.workers.surroundings import variables
from harness.session.workers.worker import Worker
from harness.worker.protocol import Begin, Begun, Block, Measure
from tests.calibration import overhead
from tests.calibration.overhead import interpreter, quiet

TURNS = 8
TURN_SECONDS = 2.0  # half of it the limit's
TIMEOUT_SECONDS = 600.0
ROUNDS = 1000


def setup_on(worker: Worker, framework: str, strategy: str | None) -> Setup:
    experiment = load(defaults.ON_A_CPU).steps
    style = Style.STRATEGY if strategy else Style.MATCHED
    case = Case(
        framework=framework,
        phase="data_pipeline",
        workload=Workload.LOADING,
        style=style,
        batch_size=experiment.batch_size,
        strategy=strategy,
    )
    return overhead.setup_on(worker, case, experiment)


class Pipeline:
    """A worker with a tuned pipeline in its steady state."""

    def __init__(self, framework: str, spec: str, strategy: str | None) -> None:
        self._worker = Worker(framework, spec, SURROUNDINGS, [str(SUITE)])
        self._setup = setup_on(self._worker, framework, strategy)
        self._begun: Begun = self._worker.call(Begin(self._setup, phases.bench(self._setup.case.phase)), TIMEOUT_SECONDS, quiet)

    def block(self, number: int, seconds: float = TURN_SECONDS) -> Block:
        block: Block = self._worker.call(Measure(number, seconds, ROUNDS, seconds), TIMEOUT_SECONDS, quiet)
        return block

    def measurement(self, blocks: list[Block]) -> Measurement:
        def rounds(of: Callable[[Block], tuple[Round, ...]]) -> tuple[Round, ...]:
            return tuple(round_ for block in blocks for round_ in of(block))

        return Measurement(
            case=self._setup.case,
            outcome=Outcome.OK,
            steps_per_round=self._begun.steps_per_round,
            rounds=rounds(lambda block: block.rounds),
            references={LIMIT: rounds(lambda block: block.references[LIMIT])},
        )

    def close(self) -> None:
        self._worker.close()


def against_itself(framework: str, spec: str, strategy: str | None, turns: int) -> tuple[Ratio | None, list[Measurement]]:
    pipelines = [Pipeline(framework, spec, strategy) for _ in range(2)]
    blocks: list[list[Block]] = [[], []]
    try:
        for turn in range(turns):
            for index in (0, 1) if turn % 2 == 0 else (1, 0):
                blocks[index].append(pipelines[index].block(turn))
        first, second = (pipeline.measurement(taken) for pipeline, taken in zip(pipelines, blocks, strict=True))
        return ratio(first, second), [first, second]
    finally:
        for pipeline in pipelines:
            pipeline.close()


def full_against_empty(framework: str, spec: str, strategy: str | None, turns: int) -> Ratio | None:
    """Of time a batch, in the framework's interpreter, as only there a buffer can be emptied right before a block."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "setup.json"
        worker = Worker(framework, spec, SURROUNDINGS, [str(SUITE)])
        file.write_bytes(msgspec.json.encode(setup_on(worker, framework, strategy)))
        worker.close()
        command = [interpreter(spec), "-m", "tests.calibration.buffers", str(file), str(turns), str(TURN_SECONDS / 2)]
        ended = subprocess.run(command, cwd=SUITE, env=os.environ | variables(framework, SURROUNDINGS), stdout=subprocess.PIPE, check=True)
    full, empty = zip(*json.loads(ended.stdout), strict=True)
    return ratio_of(full, empty)


def told(found: Ratio | None) -> str:
    if found is None:
        return "not called: disturbed, or too few turns"
    verdict = "holds 1" if found.low <= 1 <= found.high else "does not hold 1"
    return f"{found.estimate:.4f}, {CONFIDENCE:.0%} interval {found.low:.4f} – {found.high:.4f} {verdict}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=worker_spec, action="append", default=[], metavar="FRAMEWORK=SPEC")
    parser.add_argument("--strategy", help="instead of the tuned one")
    parser.add_argument(
        "--turns", type=int, default=TURNS, help=f"Of {TURN_SECONDS:g} s; more on a machine that is not quiet. Default: {TURNS}."
    )
    arguments = parser.parse_args()
    specs = dict.fromkeys(FRAMEWORKS, "popen") | dict(arguments.worker)
    for framework in FRAMEWORKS:
        found, sides = against_itself(framework, specs[framework], arguments.strategy, arguments.turns)
        print(f"{FRAMEWORKS[framework].title}, against itself: {told(found)}", flush=True)
        for side in sides:
            share = limit_share(side)
            print(f"  share of the limit: {f'{share.estimate:.3f}, {share.low:.3f} – {share.high:.3f}' if share else 'disturbed'}")
        found = full_against_empty(framework, specs[framework], arguments.strategy, arguments.turns)
        print(f"{FRAMEWORKS[framework].title}, buffers full against empty: {told(found)}", flush=True)


if __name__ == "__main__":
    main()
