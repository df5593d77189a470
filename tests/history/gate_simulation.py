"""The gate's benchmark: false alarms, power and cost of our rule and of the usual ones, on the same simulated jobs.

    python -m tests.history.gate_simulation [RUNS]              a Markdown table: RUNS (1,000) jobs without a change, half as many with
    python -m tests.history.gate_simulation [RUNS] --frontier   ours with other limits, instead of the usual rules

5 of 100 cases are slower in a job with a change. Jobs differ in seed only, so the table comes out the same again.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from history.pairs.plan import Plan
from tests.history import usual_rules
from tests.history.noisy_job import CASES, Floats, Job, Machine, machine
from tests.history.simulated_gate import PLAN, gate
from tests.history.usual_rules import Rule

SEED = 20261124
SLOWER_CASES = 5
EFFECTS = (0.03, 0.05, 0.10)

USUAL: Mapping[str, Rule] = {
    "compare-fail median:5%, saved file": usual_rules.compare_fail_saved,
    "compare-fail median:5%, same job": usual_rules.compare_fail_same_job,
    "Mann-Whitney on pooled rounds, Holm, ≥ 2 %": usual_rules.mann_whitney,
    "asv continuous": usual_rules.asv_continuous,
    "pyperf compare_to": usual_rules.pyperf,
    "8 pairs, t, Holm, ≥ 2 %": usual_rules.eight_pairs,
    "screen 4 pairs, confirm 10, sign-flip, Holm": usual_rules.screen_then_confirm,
}


@dataclass(frozen=True)
class Tally:
    runs: int
    false_alarms: int  # cases
    runs_with_false_alarm: int
    measurements: float  # a run
    power: dict[float, float]


def ours(plan: Plan, machine: Machine, random: np.random.Generator, effect: Floats) -> tuple[np.ndarray, int]:
    answer = gate(Job(machine, random), effect, plan)
    return answer.regressed, answer.measurements


def tally(rule: Rule, runs: int) -> Tally:
    quiet = [_run(rule, run, 0.0) for run in range(runs)]
    power = {
        effect: float(np.mean([_run(rule, run, effect)[0][:SLOWER_CASES] for run in range(math.ceil(runs / 2))])) for effect in EFFECTS
    }
    alarms = np.array([alarm for alarm, _ in quiet])
    return Tally(
        runs=runs,
        false_alarms=int(alarms.sum()),
        runs_with_false_alarm=int(alarms.any(axis=1).sum()),
        measurements=float(np.mean([measurements for _, measurements in quiet])),
        power=power,
    )


def _run(rule: Rule, run: int, effect: float) -> tuple[np.ndarray, int]:
    random = np.random.default_rng([SEED, run, round(1000 * effect)])
    effects = np.zeros(CASES)
    effects[:SLOWER_CASES] = math.log1p(effect)
    return rule(machine(random), random, effects)


def _row(name: str, tally: Tally) -> str:
    found = " | ".join(f"{share:.1%}" for share in tally.power.values())
    false_per_case = tally.false_alarms / (tally.runs * CASES)
    runs_with = tally.runs_with_false_alarm / tally.runs
    return f"| {name} | {false_per_case:.3%} | {runs_with:.1%} | {found} | {tally.measurements:,.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.history.gate_simulation", description="Benchmark of the regression gate.")
    parser.add_argument("runs", type=int, nargs="?", default=1000)
    parser.add_argument("--frontier", action="store_true", help="Vary the limits of our rule.")
    options = parser.parse_args()
    rules: dict[str, Rule] = {"**ours**": partial(ours, PLAN)}
    if options.frontier:
        rules |= {f"at most {pairs} pairs": partial(ours, Plan(max_pairs=pairs)) for pairs in (16, 24, 32, 48)}
        rules |= {f"miss rate {rate:.0%}": partial(ours, Plan(max_pairs=64, miss_rate=rate)) for rate in (0.20, 0.05)}
    else:
        rules |= USUAL
    print("| rule | false per case | runs of 100 with a false alarm | finds +3 % | +5 % | +10 % | process × case, nothing to find |")
    print("|---|---|---|---|---|---|---|")
    for name, rule in rules.items():
        print(_row(name, tally(rule, options.runs)), flush=True)


if __name__ == "__main__":
    main()
