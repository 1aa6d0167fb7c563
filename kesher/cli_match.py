"""The verbs around matching: match, explain, evaluate."""

# ruff: noqa: D301 - click wants a true backspace where it must not fill lines

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kesher.cli_settings import Settings, common_options, pass_settings, print_json
from kesher.home_country import DEFAULT_HOME_COUNTRY

if TYPE_CHECKING:
    from kesher.match_dates import DateOrder

_FILE = click.Path(path_type=Path, dir_okay=False)
_EXISTING_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.argument("people", type=_EXISTING_FILE, metavar="INPUT")
@click.option("--out", type=_FILE, required=True, help="What to write: .csv, .parquet or .xlsx.")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="OURS=THEIRS",
    help="Which column of theirs is a field of ours; A+B joins two. Can be given several times.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="COLUMN",
    help="Compare this further column too. Can be given several times.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="PROBABILITY",
    help="From which probability on two records are linked.  [default: 0.889]",
)
@click.option(
    "--country",
    default=DEFAULT_HOME_COUNTRY,
    show_default=True,
    metavar="CODE",
    help="Whose phone numbers those without a calling code are, where a record names no country.",
)
@click.option("--train", is_flag=True, help="Fit the weights to this file first; needs no labels.")
@click.option(
    "--dates",
    type=click.Choice(["dmy", "mdy"]),
    help="Whether 03/04/1990 is in April (dmy) or in March.  [default: told from the file]",
)
@click.option("--encoding", help="Of a CSV, such as windows-1255.  [default: told from the file]")
@click.option("--delimiter", help="Of a CSV; tab is one too.  [default: told from the file]")
@click.option("--sheet", help="Of a workbook.  [default: the first]")
@click.option("--keep", type=_FILE, help="Keep the working database, for explain and evaluate.")
@click.option("--memory", metavar="SIZE", help="More than this goes to disk, such as 3GB.")
@click.option(
    "--temporary",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Where temporary files go.  [default: the system's place for them]",
)
@common_options
@pass_settings
def match(
    settings: Settings,
    people: Path,
    out: Path,
    maps: tuple[str, ...],
    also: tuple[str, ...],
    threshold: float | None,
    country: str,
    train: bool,
    dates: DateOrder | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    keep: Path | None,
    memory: str | None,
    temporary: Path | None,
) -> None:
    """Find who is who in a CSV, Parquet or Excel file of people.

    Needs no configuration and no data directory. Writes source, record_id, customer_id and
    match_probability, one row a row of the input. Columns that bear the names of our fields are
    taken: source, record_id, full_name, given_name, family_name, email, phone, street, city,
    postcode, country, company, birth_date, national_id, gender, updated_at.

    \b
    Example:
      kesher match people.csv --out customers.csv
      kesher match list.xlsx --out who.xlsx --map full_name=Name --map email=E-mail
      kesher match people.parquet --out customers.parquet --also loyalty_card --threshold 0.95
    """
    from kesher.match import MatchRequest
    from kesher.match import match as run_match
    from kesher.match_input import InputOptions, parse_mapping
    from kesher.table_file import ReadingOptions

    reading = ReadingOptions(encoding, "\t" if delimiter in ("tab", r"\t") else delimiter, sheet)
    request = MatchRequest(
        source=people,
        out=out,
        options=InputOptions(parse_mapping(maps), also, reading, dates),
        country=country,
        threshold=threshold,
        train=train,
        keep=keep,
        memory=memory,
        temporary=temporary,
    )
    run_match(request, settings.terminal())


@click.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--database",
    type=_EXISTING_FILE,
    help="What kesher match --keep kept.  [default: the warehouse]",
)
@click.option("--html", type=_FILE, help="Write a page with a picture of it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@common_options
@pass_settings
def explain(
    settings: Settings, a: str, b: str, database: Path | None, html: Path | None, as_json: bool
) -> None:
    """Show why two records are one customer, or are not.

    A and B are records, named source:record_id, or customers, named by customer_id; of customers,
    their two most similar records are explained. Pairs that were never compared are scored too.

    \b
    Example:
      kesher explain stripe:cus_i0WP4YcKBtfiHN hubspot:24056288
      kesher explain kc_825697ae4044091bf6d5 kc_c7c2613767f26796566f --html why.html
      kesher explain input:17 input:23 --database match.duckdb
    """
    from kesher.explain import explain as run_explain
    from kesher.explain_page import write_page
    from kesher.explain_words import as_json as plain
    from kesher.explain_words import print_explanation
    from kesher.identity_database import open_database
    from kesher.page import check_page

    terminal = settings.terminal()
    if html is not None:
        check_page("--html", html)
    with open_database(database or _warehouse(settings)) as opened:
        explanation = run_explain(opened, a, b, terminal)
    if html is not None:
        write_page(explanation, html)
    if as_json:
        print_json(plain(explanation))
    else:
        print_explanation(explanation, terminal)
        if html is not None:
            terminal.say(f"As a page: {html}")


@click.command()
@click.option(
    "--truth",
    type=_EXISTING_FILE,
    required=True,
    help="CSV, Parquet or Excel with source, record_id and person_id.",
)
@click.option(
    "--result",
    type=_EXISTING_FILE,
    help="What kesher match wrote.  [default: the database's customers]",
)
@click.option(
    "--database",
    type=_EXISTING_FILE,
    help="What kesher match --keep kept.  [default: the warehouse, if there is no --result]",
)
@click.option("--plot", type=_FILE, help="Draw the curve: .svg or .html.")
@click.option("--curve/--no-curve", default=True, help="Measure over thresholds too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@common_options
@pass_settings
def evaluate(
    settings: Settings,
    truth: Path,
    result: Path | None,
    database: Path | None,
    plot: Path | None,
    curve: bool,
    as_json: bool,
) -> None:
    """Measure who is who against a known truth.

    Prints precision, recall and F1 of pairs of records and of whole customers; with a database,
    also how many of the true pairs were compared at all, and the curve over thresholds.

    \b
    Example:
      kesher evaluate --truth truth.csv --result customers.csv
      kesher evaluate --truth truth.csv --database match.duckdb --plot curve.svg
      kesher evaluate --truth truth.parquet
    """
    from contextlib import nullcontext

    from kesher.evaluate import evaluate as run_evaluate
    from kesher.evaluate_plot import as_json as plain
    from kesher.evaluate_plot import check_plot, print_evaluation, write_plot
    from kesher.identity_database import open_database

    terminal = settings.terminal()
    if plot is not None:
        check_plot(plot)
    if database is None and result is None:
        database = _warehouse(settings)
    with open_database(database) if database else nullcontext() as opened:
        evaluation = run_evaluate(truth, terminal, result=result, database=opened, with_curve=curve)
    if as_json:
        print_json(plain(evaluation))
    else:
        print_evaluation(evaluation, terminal)
    if plot is not None:
        write_plot(evaluation, plot)


def _warehouse(settings: Settings) -> Path:
    from kesher.identity_database import warehouse_path

    _, data = settings.load()
    return warehouse_path(data)
