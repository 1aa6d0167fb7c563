"""`python -m connectors.sandbox`: create, serve, advance, people, truth, counts."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from .errors import SandboxError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("create", "make a sandbox (replaces one that is there)"),
        ("serve", "answer as the four vendors until interrupted"),
        ("advance", "let time pass"),
        ("people", "write the people's records as one table, without making a sandbox"),
        ("truth", "write which records belong to one person"),
        ("counts", "show how many records each stream serves"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        if name != "people":
            command.add_argument("--directory", type=Path, default=Path("data/sandbox"))
        if name in ("create", "people"):
            command.add_argument("--people", type=int, default=2000)
            command.add_argument("--seed", type=int, default=7)
            command.add_argument("--until", type=date.fromisoformat, default=date(2026, 6, 30))
        if name == "people":
            command.add_argument("--out", type=Path, required=True)
            command.add_argument("--truth", type=Path, help="also write who is who")
        elif name == "serve":
            command.add_argument("--host", default="127.0.0.1")
            command.add_argument("--port", type=int, default=0, help="0 takes any free port")
            command.add_argument(
                "--faults", help="a profile (storm, flaky, slow …), a .yaml or .json file, or JSON"
            )
            command.add_argument("--fault-seed", type=int, help="which of its faults happen")
            command.add_argument(
                "--lifeline", action="store_true", help="end when standard input ends"
            )
        elif name == "advance":
            command.add_argument("--days", type=int, required=True)
        elif name == "truth":
            command.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    if options.command == "create":
        from .generate import create

        create(options.directory, options.people, options.seed, options.until)
    elif options.command == "serve":
        from .fault_plan import load_plan
        from .server import serve

        lifeline = sys.stdin.buffer if options.lifeline else None
        plan = load_plan(options.faults, options.fault_seed) if options.faults else None
        serve(options.directory, options.host, options.port, _announce, lifeline, plan)
    elif options.command == "advance":
        from .advance import advance

        advance(options.directory, options.days)
    elif options.command == "people":
        from .people_table import write_people

        request = (options.people, options.seed, options.until, options.truth)
        sys.stdout.write(f"{write_people(options.out, *request)} records\n")
    elif options.command == "truth":
        from .truth import write_truth

        sys.stdout.write(f"{write_truth(options.directory, options.out)} records\n")
    else:
        from .truth import counts

        for source, streams in counts(options.directory).items():
            for stream, number in streams.items():
                sys.stdout.write(f"{source}.{stream}\t{number}\n")


def _announce(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
