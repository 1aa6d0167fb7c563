"""The verbs of stewards: review, and what it knows."""

# ruff: noqa: D301 - click wants a true backspace where it must not fill lines

from __future__ import annotations

import click

from kesher.cli_settings import KesherGroup, Settings, common_options, pass_settings, print_json


@click.group(cls=KesherGroup, invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, every column of the queue.")
@common_options
@click.pass_context
def review(context: click.Context, limit: int, as_json: bool) -> None:
    """List pairs of records that may be one customer, the most valuable first.

    They come from what is published, less what was decided since. What you decide binds the next
    build, whatever the evidence says.

    \b
    Example:
      kesher review
      kesher review --limit 100 --json
      kesher review next
      kesher review decide stripe:cus_1 zendesk:77 same --note "rang her up"
      kesher review undo stripe:cus_1 zendesk:77
    """
    if context.invoked_subcommand is not None:
        return
    from kesher.review import list_pairs, print_pairs

    settings: Settings = context.obj
    config, data = settings.load("decisions")
    pairs, open_count = list_pairs(config, data, limit)
    if as_json:
        print_json({"open": open_count, "pairs": pairs})
    else:
        print_pairs(pairs, open_count, settings.terminal())


@review.command("next")
@click.option("--by", help="Who decides.  [default: your login name]")
@common_options
@pass_settings
def review_next(settings: Settings, by: str | None) -> None:
    """Show the next pair side by side with the weight of each comparison, and ask about it.

    Goes on with the next one until you quit. Where nobody can answer, in a pipe, it shows one.

    \b
    Example:
      kesher review next
    """
    import sys

    from kesher.review import review_next as run_next
    from kesher.review import steward_name

    config, data = settings.load("decisions")
    terminal = settings.terminal()
    can_ask = sys.stdin.isatty() and terminal.is_live
    run_next(config, data, terminal, by=steward_name(by), ask=input if can_ask else None)


@review.command("decide")
@click.argument("left")
@click.argument("right")
@click.argument("verdict", type=click.Choice(["same", "different", "skip"]))
@click.option("--note", help="Why, for whoever reads it later.")
@click.option("--by", help="Who decides.  [default: your login name]")
@common_options
@pass_settings
def review_decide(
    settings: Settings, left: str, right: str, verdict: str, note: str | None, by: str | None
) -> None:
    """Say whether two records, named source:record_id, are one customer.

    same joins them and different keeps them apart, whatever the evidence says. skip takes the pair
    out of the queue until the two records compare differently. The newest decision holds.

    \b
    Example:
      kesher review decide stripe:cus_1 zendesk:77 same
      kesher review decide hubspot:12 trade_fair:9 different --note "father and son" --by dana
    """
    from kesher.review import decide, steward_name

    config, data = settings.load("decisions")
    terminal = settings.terminal()
    decide(config, data, terminal, left, right, verdict, by=steward_name(by), note=note)


@review.command("undo")
@click.argument("named", nargs=-1, metavar="[LEFT RIGHT | DECISION]")
@click.option("--note", help="Why, for whoever reads it later.")
@click.option("--by", help="Who takes it back.  [default: your login name]")
@common_options
@pass_settings
def review_undo(
    settings: Settings, named: tuple[str, ...], note: str | None, by: str | None
) -> None:
    """Take a decision back; what was decided about the pair before holds again.

    Name the two records, or the decision as kesher review decisions lists it; without a name it
    is the last decision of yours that holds.

    \b
    Example:
      kesher review undo
      kesher review undo stripe:cus_1 zendesk:77
    """
    from kesher.review import steward_name, undo

    config, data = settings.load("decisions")
    undo(config, data, settings.terminal(), named, by=steward_name(by), note=note)


@review.command("decisions")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common_options
@pass_settings
def review_decisions(settings: Settings, limit: int, as_json: bool) -> None:
    """List what was decided, the newest first, undos too.

    \b
    Example:
      kesher review decisions --limit 100
    """
    from kesher.review import decision_rows, list_decisions, print_decision_list

    config, data = settings.load("decisions")
    listed = list_decisions(config, data, limit)
    if as_json:
        print_json(decision_rows(listed))
    else:
        print_decision_list(listed, settings.terminal())
