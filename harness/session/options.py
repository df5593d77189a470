"""The suite's command-line options, checked before anything is measured."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence

import execnet
import msgspec
import pytest

from fixtures.experiments import defaults
from fixtures.experiments.experiment import Experiment, ExperimentError, Run, load, shipped
from fixtures.models.folder import Folder
from harness.frameworks import FRAMEWORKS
from harness.phases import PHASES
from harness.session import chosen_inputs, gpu
from harness.session.launched.launchers import Launch
from harness.session.launched.line import Lines
from harness.session.launched.places import given
from harness.session.launched.taking import LINES
from harness.session.stopping import Until
from harness.session.workers.places import Places, Spread

EXAMINED_STEPS = 20
RANKS = (1, 2)
UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
SPEC_KINDS = ("popen", "ssh", "vagrant_ssh")
SPEC_KEYS = {*execnet.XSpec.__annotations__, "_spec", "env"}
SPEC_EXAMPLES = "write popen//python=PATH or ssh=HOST//python=PATH"


class Options(msgspec.Struct, frozen=True):
    experiments: Run
    models: tuple[Folder, ...]
    dataset: str  # "generated", "flowers102", or the folder of a user's own
    weights: str  # "seeded", "imagenet", or a file of the user's
    ranks: tuple[int, ...]  # how many processes share a batch, in each case of that kind
    workers: dict[str, str]  # execnet spec of each framework's workers
    places: dict[str, Places]  # of each framework's ranks
    case_timeout_seconds: float
    cache: str  # "" for the user's cache folder
    examined_steps: int
    compare_anyway: bool
    gpu_exclusive: bool
    require_gpu: bool
    min_rounds: int
    max_seconds: float
    precision: float
    confidence: float
    until: Until | None  # None: as the session's cases want it
    budget_seconds: float | None  # None: as the session's cases want it; infinite: no limit

    def experiment(self, phase: str) -> Experiment:
        return self.experiments.jobs if PHASES[phase].whole_job else self.experiments.steps

    def model(self, name: str) -> Folder:
        return next(each for each in self.models if each.name == name)


KEY = pytest.StashKey[Options]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("frameworks", f"{' and '.join(each.title for each in FRAMEWORKS.values())} on equal work")
    group.addoption(
        "--experiment",
        metavar="NAME|PATH",
        help=f"Hyperparameters: one of {', '.join(shipped())}, a JSON file, or a run's JSON to repeat it. "
        f"Default: {defaults.ON_A_GPU} (the report's) where there is a GPU; "
        f"else {defaults.ON_A_CPU}, and for fine-tuning {defaults.JOBS_ON_A_CPU}.",
    )
    chosen_inputs.add_options(group)
    group.addoption(
        "--worker",
        metavar="FRAMEWORK=SPEC",
        action="append",
        default=[],
        type=worker_spec,
        help="Where a framework's worker runs, as an execnet spec: pytorch=popen//python=/path/to/python, "
        "tensorflow=ssh=gpu-host//python=/path/to/python//chdir=/path/to/this/project. Of several for one framework the last counts; its "
        "ranks (--ranks) are spread over all of them, in their order. One here takes the place of those in PYTEST_ADDOPTS. "
        "Default: this interpreter.",
    )
    group.addoption(
        "--ranks",
        metavar="N,…",
        type=ranks,
        default=None,
        help="How many processes train together in benchmarks/test_data_parallel.py, a case for each number: 1,2,4. Each has a GPU of its "
        "own, or the same share of the cores whatever their number. Default: 1,2; under torchrun, srun "
        "or mpirun 1 and as many as were launched.",
    )
    group.addoption(
        "--case-timeout",
        metavar="SECONDS",
        type=positive_seconds,
        default=300.0,
        help="A worker that does not answer for so long is killed and its case ends as a timeout. Default: %(default)s.",
    )
    group.addoption(
        "--input-cache", metavar="FOLDER", default="", help="Where the corpus and the weights are kept. Default: the user's cache folder."
    )
    group.addoption(
        "--examined-steps",
        metavar="N",
        type=steps,
        default=EXAMINED_STEPS,
        help="How many steps of the optimiser an examination compares (benchmarks/test_equal_work.py); 0 leaves out training and the "
        "lower precisions: what parts in inference, and no more. Default: %(default)s.",
    )
    group.addoption(
        "--measure-until",
        choices=[each.value for each in Until],
        default=None,
        help="answered: a comparison ends once it is told who is ahead, or that both are within 2%%; --benchmark-precision and "
        "--benchmark-max-time end it at the latest. precise: each side is measured until its own median is. "
        "Default: answered; precise with -m gate and --benchmark-compare, whose figures are compared with another commit's.",
    )
    group.addoption(
        "--budget",
        metavar="TIME",
        type=budget_seconds,
        default=None,
        help="How long the session may take, as 90s, 5m, 2h or none. What is quick is measured first; what time is left goes into what is "
        "undecided. Default: none; 5m for the core set where there is no GPU.",
    )
    group.addoption(
        "--gpu-exclusive",
        action="store_true",
        help="Do not begin while other processes compute on this machine's GPU; without it they are named in a warning.",
    )
    # What is named --require-… takes no value and changes nothing that is measured: the gate leaves it out for a base whose suite is older.
    group.addoption(
        "--require-gpu",
        action="store_true",
        help="Do not begin where the GPU cannot be opened, and end where a framework sees none. Without it such a run takes the CPU.",
    )
    group.addoption(
        "--compare-anyway",
        action="store_true",
        help="Compare with a run on another CPU or GPU, another build of a framework or another experiment, which is refused otherwise.",
    )


def pytest_configure(config: pytest.Config) -> None:
    try:
        experiments = chosen_experiments(config.getoption("experiment"))
    except ExperimentError as error:
        raise pytest.UsageError(str(error)) from error
    chosen = config.getoption("worker")
    workers = dict.fromkeys(FRAMEWORKS, "popen") | dict(chosen)
    specs = {name: machines(name, chosen, config.invocation_params.args) for name in workers}
    launched = config.stash.get(LINES, None)
    ranks_asked = config.getoption("ranks")
    all_ranks = ranks_asked or RANKS if launched is None else launched_ranks(ranks_asked, launched.launch)
    is_here = any(map(on_this_machine, workers.values()))
    models = chosen_inputs.models(config.getoption("model"), config.getoption("input_cache"))
    config.stash[KEY] = Options(
        experiments=experiments,
        models=models,
        dataset=chosen_inputs.dataset(config.getoption("dataset"), config.getoption("corpus"), models, is_here),
        weights=chosen_inputs.weights(config.getoption("weights"), models, is_here),
        ranks=all_ranks,
        workers=workers,
        places={
            name: spread(name, each, max(all_ranks)) if launched is None else launched_places(name, each, launched)
            for name, each in specs.items()
        },
        case_timeout_seconds=config.getoption("case_timeout"),
        cache=config.getoption("input_cache"),
        examined_steps=config.getoption("examined_steps"),
        compare_anyway=config.getoption("compare_anyway"),
        gpu_exclusive=config.getoption("gpu_exclusive"),
        require_gpu=config.getoption("require_gpu"),
        min_rounds=config.getoption("benchmark_min_rounds"),
        max_seconds=float(config.getoption("benchmark_max_time")),
        precision=float(config.getoption("benchmark_precision") or 0.0),
        confidence=float(config.getoption("benchmark_confidence")),
        until=Until(config.getoption("measure_until")) if config.getoption("measure_until") else None,
        budget_seconds=config.getoption("budget"),
    )


def chosen_experiments(name: str | None) -> Run:
    if name is not None:
        return load(name)
    if gpu.present():
        return load(defaults.ON_A_GPU)
    return Run(load(defaults.ON_A_CPU).steps, load(defaults.JOBS_ON_A_CPU).jobs)


def worker_spec(text: str) -> tuple[str, str]:
    framework, _, spec = text.partition("=")
    if framework not in FRAMEWORKS:
        raise argparse.ArgumentTypeError(f"unknown framework {framework!r}: write {'|'.join(FRAMEWORKS)}=EXECNET_SPEC")
    try:
        given = execnet.XSpec(spec)
    except (AttributeError, ValueError, IndexError) as error:
        raise argparse.ArgumentTypeError(f"{spec!r} is no execnet spec ({error}): {SPEC_EXAMPLES}") from error
    if given.socket:
        raise argparse.ArgumentTypeError(
            f"{spec!r}: a socket server of execnet runs what it is sent in its own process, one at a time. A worker is a process of its "
            "own, fresh where memory is measured, and ended where it hangs. Write ssh=HOST//python=PATH"
        )
    unknown = [key for key in vars(given) if key not in SPEC_KEYS]
    if unknown or not any(getattr(given, key) for key in SPEC_KINDS):
        raise argparse.ArgumentTypeError(f"{spec!r} is no execnet spec (unknown: {', '.join(unknown) or 'its kind'}): {SPEC_EXAMPLES}")
    return framework, spec


def on_this_machine(spec: str) -> bool:
    given = execnet.XSpec(spec)
    return bool(given.popen and not given.via)


def positive_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def budget_seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)", text)
    seconds = math.inf if text == "none" else float(found[1]) * UNIT_SECONDS[found[2]] if found else 0.0
    if not seconds > 0.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 90s, 5m or 2h, or none for as long as it takes")
    return seconds


def ranks(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"[1-9]\d{0,3}(,[1-9]\d{0,3})*", text):
        raise argparse.ArgumentTypeError(f"{text!r} are no numbers of ranks from 1 on: write 1,2,4")
    return tuple(sorted({int(each) for each in text.split(",")}))


def machines(framework: str, chosen: Sequence[tuple[str, str]], arguments: Sequence[object]) -> tuple[str, ...]:
    """Specs of its ranks' machines, each once. What the command line itself names wins over PYTEST_ADDOPTS, as of any other option."""
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--worker", action="append", default=[], type=worker_spec)
    typed, _ = own.parse_known_args([*map(str, arguments)])
    for named in (typed.worker, chosen):
        if found := dict.fromkeys(spec for name, spec in named if name == framework):
            return tuple(found)
    return ("popen",)


def spread(framework: str, specs: tuple[str, ...], most_ranks: int) -> Places:
    """Raises pytest.UsageError where a machine would have no rank."""
    if len(specs) > most_ranks:
        count = "1 rank" if most_ranks == 1 else f"{most_ranks} ranks at the most"
        told = f"--worker names {len(specs)} machines for {framework} ({', '.join(specs)}), and --ranks asks for {count}"
        raise pytest.UsageError(f"{told}: ask for more ranks, or name fewer machines (tox run -m bench names this one, too)")
    return Spread(specs)


def launched_ranks(asked: tuple[int, ...] | None, launch: Launch) -> tuple[int, ...]:
    """Raises pytest.UsageError where there are not so many."""
    if asked is not None and max(asked) > launch.count:
        told = f"--ranks {','.join(map(str, asked))}: {launch.told}"
        raise pytest.UsageError(f"{told}: ask for {launch.count} at the most, or have it start {max(asked)}")
    return asked or (1, launch.count)


def launched_places(framework: str, specs: tuple[str, ...], lines: Lines) -> Places:
    """Raises pytest.UsageError where the options, too, say on which machines the ranks run."""
    if len(specs) > 1 or not on_this_machine(specs[0]):
        told = f"--worker {framework}={specs[-1]}: {lines.launch.told}, each of which has its place"
        raise pytest.UsageError(f"{told}: name the interpreter alone, once: --worker {framework}=popen//python=PATH")
    return given(specs[0], lines.ranks)


def steps(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps from 0 on")
    return int(text)


def of(config: pytest.Config) -> Options:
    return config.stash[KEY]
