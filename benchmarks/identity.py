"""Kesher against Splink 5 and exact joins: how right, how fast, how large, on the same files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.candidates import kesher_share, splink_share
from benchmarks.contestants import (
    SPLINK_STEPS,
    Result,
    prepare_kesher,
    run_exact,
    run_floor,
    run_kesher,
    run_splink,
)
from benchmarks.inputs import Input, is_known, make_input
from benchmarks.report import Target, machine, print_targets, work_directory

DEFAULT_INPUTS = "sandbox-20k,sandbox-400k,febrl3,febrl4"
#: Splink and the search for its best threshold are left out above this number of records.
_MOST_FOR_SPLINK = 3_000_000
_MILLION = 1_000_000
_MILLION_MEMORY_MIB = 4e9 / 1024**2
_TEN_MILLION_MEMORY_MIB = 24 * 1024.0
_STEPS_SHOWN = 12


@dataclass(frozen=True)
class Round:
    """All results on one input."""

    data: Input
    kesher: Result
    trained: Result | None
    splink: Result | None
    exact: Result | None
    others: Sequence[Result]
    floor: dict[str, float]

    @property
    def results(self) -> list[Result]:
        """Return all that ran, Kesher first."""
        main = (self.kesher, self.trained, self.splink, self.exact)
        return [*(result for result in main if result is not None), *self.others]


def main(arguments: list[str]) -> int:
    """Run the benchmark and print its tables in Markdown.

    Args:
        arguments: Options of the command line.

    Returns:
        0 if every target is met, else 1.
    """
    options = _parser().parse_args(arguments)
    names = [f"sandbox-{options.people}"] if options.people else options.inputs.split(",")
    unknown = [name for name in names if not is_known(name)]
    if unknown:
        print(
            f"No input {', '.join(unknown)}: sandbox-<people> such as sandbox-20k or sandbox-4m, "
            "febrl3, febrl4.",
            file=sys.stderr,
        )
        return 2
    with work_directory(options.directory) as directory:
        compiled = prepare_kesher(directory)
        if not options.as_shipped:
            prepare_kesher(directory, ["--train"])
        print(f"# Identity\n\n{machine()}. Seed {options.seed}.")
        print(f"Kesher's first run of a version, on one record: {compiled:.1f} s, then:\n")
        rounds = []
        for name in names:
            rounds.append(_run(make_input(name, options.seed, directory), directory, options))
            _print_round(rounds[-1])
            if options.candidates:
                _print_candidates(rounds[-1], directory)
        targets = [target for each in rounds for target in _targets(each)]
        targets += _growth_targets(rounds)
        print_targets(targets)
    return 0 if all(target.is_met for target in targets) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks identity", description=__doc__)
    parser.add_argument("--inputs", default=DEFAULT_INPUTS, help=f"default: {DEFAULT_INPUTS}")
    parser.add_argument("--people", type=int, help="one input: a sandbox of so many people")
    parser.add_argument(
        "--seed", type=int, default=2_026, help="default: 2026, which nothing was tuned on"
    )
    parser.add_argument("--directory", type=Path, help="work here and leave the files")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; the fastest counts")
    parser.add_argument(
        "--as-shipped", action="store_true", help="do not run kesher match --train as well"
    )
    parser.add_argument(
        "--candidates", action="store_true", help="also tell how many true pairs are compared"
    )
    parser.add_argument("--only-kesher", action="store_true", help="run nobody else")
    return parser


def _run(data: Input, directory: Path, options: argparse.Namespace) -> Round:
    print(f"{data.name}:", file=sys.stderr)
    repeat = options.repeat
    floor = run_floor(data)
    kesher = run_kesher(data, directory, repeat=repeat)
    trained = None
    if not options.as_shipped:
        trained = run_kesher(data, directory, ["--train"], repeat)
    if options.only_kesher:
        return Round(data, kesher, trained, None, None, [], floor)
    exact = run_exact(data, directory, repeat)
    if data.count > _MOST_FOR_SPLINK:
        return Round(data, kesher, trained, None, exact, [], floor)
    splink, hindsight = run_splink(data, directory, repeat=repeat)
    return Round(data, kesher, trained, splink, exact, [hindsight], floor)


def _targets(each: Round) -> Iterator[Target]:
    """Yield what must hold on one input."""
    name, kesher = each.data.name, each.kesher
    for ours in (kesher, each.trained):
        if ours is None:
            continue
        quality = ours.quality
        for other in (each.splink, each.exact):
            if other is not None:
                yield Target(
                    f"{name}: F1 of {ours.name} {quality.f1:.4f}, more than {other.name}'s "
                    f"{other.quality.f1:.4f}",
                    quality.f1 > other.quality.f1,
                )
        if each.splink is not None:
            yield Target(
                f"{name}: {ours.name} {ours.seconds:.1f} s, less than Splink's "
                f"{each.splink.seconds:.1f} s",
                ours.seconds < each.splink.seconds,
            )
        if name.startswith("sandbox-"):
            yield Target(
                f"{name}: precision of {ours.name} {quality.precision:.4f}, at least 0.98",
                quality.precision >= 0.98,
            )
            least = 0.9 if each.data.count > _MILLION / 2 else 0.94
            yield Target(
                f"{name}: F1 of {ours.name} {quality.f1:.4f}, at least {least}",
                quality.f1 >= least,
            )
    if _MILLION / 2 < each.data.count < 2 * _MILLION:
        if each.splink is not None:
            third = _own_seconds(each.splink) / 3
            yield Target(
                f"{name}: {kesher.seconds:.1f} s, at most a third of Splink's training, prediction "
                f"and clustering ({third:.1f} s)",
                kesher.seconds <= third,
            )
        yield _memory_target(each, _MILLION_MEMORY_MIB, "4 GB")
    if each.data.count > 5 * _MILLION:
        yield _memory_target(each, _TEN_MILLION_MEMORY_MIB, "24 GiB")


def _memory_target(each: Round, most: float, words: str) -> Target:
    peak = each.kesher.measured.peak_mib if each.kesher.measured else float("inf")
    return Target(f"{each.data.name}: peak {peak:,.0f} MiB, less than {words}", peak < most)


def _growth_targets(rounds: list[Round]) -> Iterator[Target]:
    """Yield how the cost of a record must grow from one million records to ten."""
    million = [each for each in rounds if _MILLION / 2 < each.data.count < 2 * _MILLION]
    for large in (each for each in rounds if each.data.count > 5 * _MILLION):
        for small in million:
            growth = (large.kesher.seconds / large.data.count) / (
                small.kesher.seconds / small.data.count
            )
            yield Target(
                f"{large.data.name}: a record costs {growth:.2f} times what it costs in "
                f"{small.data.name}, at most 1.5",
                growth <= 1.5,
            )


def _own_seconds(splink: Result) -> float:
    return sum(splink.steps[step] for step in SPLINK_STEPS)


def _print_round(each: Round) -> None:
    print(f"## {each.data.name}: {each.data.count:,} records\n")
    print("| | precision | recall | F1 | cluster F1 | seconds | CPU s | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for result in each.results:
        quality, measured = result.quality, result.measured
        shares = (quality.precision, quality.recall, quality.f1, quality.cluster_f1)
        cost = (
            f"{result.seconds:.1f} | {measured.cpu_seconds:.1f} | {measured.peak_mib:,.0f}"
            if measured
            else "– | – | –"
        )
        print(f"| {result.name} | " + " | ".join(f"{share:.4f}" for share in shares), end="")
        print(f" | {cost} |")
    floor = sum(each.floor.values())
    print(
        f"\nThe floor, reading the file once and sorting it by its keys once: "
        f"{', '.join(f'{name} {seconds:.1f} s' for name, seconds in each.floor.items())}; "
        f"Kesher took {each.kesher.seconds / floor:.1f} times as long."
    )
    if each.splink is not None:
        told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in each.splink.steps.items())
        print(f"\nSplink's seconds: {told}.")
    _print_steps(each.kesher)


def _print_candidates(each: Round, directory: Path) -> None:
    shares = {"Kesher": kesher_share(each.data, directory)}
    if each.splink is not None:
        shares["Splink"] = splink_share(each.data)
    told = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    print(f"Of the true pairs these are compared at all: {told}.\n")


def _print_steps(kesher: Result) -> None:
    """Print where Kesher's time went; what no step told of is Python's start and the output."""
    if not kesher.steps:
        return
    steps = sorted(kesher.steps.items(), key=lambda step: -step[1])
    shown, rest = steps[:_STEPS_SHOWN], steps[_STEPS_SHOWN:]
    told = sum(kesher.steps.values())
    lines = [*shown, (f"{len(rest)} smaller steps", sum(seconds for _, seconds in rest))]
    lines.append(("start and output", max(0.0, kesher.seconds - told)))
    print("\n| step of Kesher | seconds |\n|---|---:|")
    for name, seconds in lines:
        print(f"| {name} | {seconds:.2f} |")
    print()
