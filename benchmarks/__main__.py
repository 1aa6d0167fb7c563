"""`python -m benchmarks [NAME] [OPTIONS]`: run one benchmark, or all with their defaults."""

from __future__ import annotations

import sys

from benchmarks import accounts, connectors, identity, increments

BENCHMARKS = {
    "identity": identity.main,
    "increments": increments.main,
    "connectors": connectors.main,
    "accounts": accounts.main,
}


def main(arguments: list[str]) -> int:
    """Run what the command line names.

    Args:
        arguments: A benchmark's name and its options; nothing means all of them.

    Returns:
        The exit code: 0, or 1 if a benchmark missed its target, 2 for an unknown name.
    """
    if not arguments:
        return max(benchmark([]) for benchmark in BENCHMARKS.values())
    name, *options = arguments
    if name not in BENCHMARKS:
        print(f"No benchmark {name!r}; there are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    return BENCHMARKS[name](options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
