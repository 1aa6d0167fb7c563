"""`kesher match`: resolves a file of people with the identity models and no other set-up."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kesher.errors import ConfigError, KesherError, disk_full_error
from kesher.home_country import DEFAULT_HOME_COUNTRY, HOME_COUNTRY, country_problem
from kesher.match_input import PLACES, InputOptions, load_people, release_people
from kesher.match_output import check_output, write_output
from kesher.match_plan import (
    DATABASE,
    DEFAULT_LINK_WEIGHT,
    INPUT,
    LINK_WEIGHT,
    MatchPlan,
    PlanVariant,
    Step,
    load_plan,
    plan_quickly,
)
from kesher.match_reliability import RELIABILITY, weigh_by_reliability
from kesher.table_file import constant
from kesher.work_folder import work_folder

if TYPE_CHECKING:
    import duckdb

    from kesher.terminal import Terminal

# In bytes. More does not make it quicker.
_LEAST_MEMORY = 3_200_000_000
_MEMORY_A_RECORD = 3_000

#: What was asked for, in a database that --keep keeps.
SETTINGS = "main.match_settings"


# What a spreadsheet makes of a long number, as macros/identity/phone_numbers.sql has it.
_CUT_SHORT = r"^ *[0-9]([.,][0-9]+)?[Ee][+]?[0-9]+ *$"


@dataclass(frozen=True)
class MatchRequest:
    """What to match, and how.

    Attributes:
        source: The file of people.
        out: The file to write.
        options: Which column is what.
        country: Two letters: whose telephone numbers those without a calling code are, where the
            record names no country.
        threshold: The probability from which on two records are linked; that of the models' link
            weight if None.
        keep: Keep the working database in this file, for kesher explain and kesher evaluate.
        train: Fit the weights to this file first.
        memory: How much the database may take, such as 3GB, before it spills to disk.
        temporary: Where temporary files go; the system's place for them if None.
    """

    source: Path
    out: Path
    options: InputOptions = field(default_factory=InputOptions)
    country: str = DEFAULT_HOME_COUNTRY
    threshold: float | None = None
    keep: Path | None = None
    train: bool = False
    memory: str | None = None
    temporary: Path | None = None

    @property
    def link_weight(self) -> float:
        """The match weight from which on two records are linked."""
        if self.threshold is None:
            return DEFAULT_LINK_WEIGHT
        return math.log2(self.threshold / (1 - self.threshold))


@dataclass(frozen=True)
class MatchResult:
    """What came out."""

    records: int
    customers: int
    seconds: float


def match(request: MatchRequest, terminal: Terminal) -> MatchResult:
    """Resolve a file: write `source, record_id, customer_id, match_probability`.

    One row a row of the input, in its order. The probability is that of the record's strongest
    link within its customer, 1 if the record is alone.

    Raises:
        ConfigError: an option is wrong; nothing was started.
        KesherError: the input can't be read, or the disk is full; nothing was written.
    """
    import duckdb

    started = time.monotonic()
    _check(request)
    with work_folder(request.temporary) as work:
        try:
            with _connection(work, request.memory) as connection:
                records = load_people(
                    connection, request.source, work, request.options, terminal.warning
                )
                terminal.detail(f"input: {time.monotonic() - started:.2f} s")
                if request.memory is None:
                    _limit_memory(connection, records)
                plan = load_plan(
                    PlanVariant(also=len(request.options.also)),
                    announce=terminal.warning,
                    log=terminal.detail,
                )
                _attach_template(connection, plan)
                plan_quickly(connection, records)
                connection.execute(f"set variable {LINK_WEIGHT} = {request.link_weight!r}")
                _set_country(connection, request.country)
                _resolve(connection, plan, request, terminal)
                with _kept(connection, plan, request):
                    customers = _write(connection, request)
        except (duckdb.Error, OSError) as error:
            raise _explained(error, work) from error
    result = MatchResult(records, customers, time.monotonic() - started)
    terminal.say(
        f"{records:,} {'record is' if records == 1 else 'records are'} "
        f"{customers:,} {'customer' if customers == 1 else 'customers'}: "
        f"{request.out}, {result.seconds:.1f} s"
    )
    return result


def _check(request: MatchRequest) -> None:
    problems = []
    if request.threshold is not None and not 0 < request.threshold < 1:
        problems.append(
            f"--threshold {request.threshold}: a probability between 0 and 1, such as 0.95"
        )
    if problem := country_problem(request.country.upper()):
        problems.append(f"--country {request.country}: {problem}")
    if request.keep is not None:
        keep = request.keep.resolve()
        if not keep.parent.is_dir():
            problems.append(f"--keep {request.keep}: there is no folder {request.keep.parent}")
        if "?" in str(keep):
            problems.append(f"--keep {request.keep}: a database's name can't have a question mark")
        if keep in (request.source.resolve(), request.out.resolve()):
            problems.append(f"--keep {request.keep}: that is where the records are; name another")
    if problems:
        raise ConfigError(problems)
    check_output(request.out, request.source)


@contextmanager
def _connection(work: Path, memory: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection with an empty database for the input."""
    import duckdb

    try:
        connection = duckdb.connect(":memory:", config={"memory_limit": memory} if memory else {})
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError([f"--memory {memory}: {reason}; a size such as 3GB"]) from error
    with connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set temp_directory = {constant(work / 'spill')}")
        connection.execute(f"attach ':memory:' as {INPUT}")
        yield connection


def _limit_memory(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Take no more memory than so many records are worth: the rest of the machine is not ours."""
    ((limit,),) = connection.execute(
        "select cast(value as varchar) from duckdb_settings() where name = 'memory_limit'"
    ).fetchall()
    number, unit = limit.split()
    most = float(number) * {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}[unit]
    wanted = max(_LEAST_MEMORY, _MEMORY_A_RECORD * rows)
    connection.execute(f"set memory_limit = '{int(min(most * 0.75, wanted))}B'")


def _attach_template(connection: duckdb.DuckDBPyConnection, plan: MatchPlan) -> None:
    """Make a copy of the plan's template under the name that the models know.

    In memory, for writing into a file takes half as long again; what does not fit is spilled.
    """
    connection.execute(f"attach {constant(plan.template)} as template (read_only)")
    connection.execute(f"attach ':memory:' as {DATABASE}")
    connection.execute(f"copy from database template to {DATABASE}")
    connection.execute("detach template")
    connection.execute(f"use {DATABASE}")


def _set_country(connection: duckdb.DuckDBPyConnection, country: str) -> None:
    """Say whose telephone numbers those without a calling code are."""
    connection.execute(f"set variable {HOME_COUNTRY} = {constant(country.upper())}")


def _note_unread_phones(
    connection: duckdb.DuckDBPyConnection, country: str, terminal: Terminal
) -> None:
    """Tell how many records have a telephone number that can't be read."""
    ((unread, example, cut_short, cut_example),) = connection.execute(
        f"""
        select
            count(*) filter (not is_cut_short),
            min(phone) filter (not is_cut_short),
            count(*) filter (is_cut_short),
            min(phone) filter (is_cut_short)
        from
            (
                select
                    people.phone,
                    regexp_matches(people.phone, '{_CUT_SHORT}') as is_cut_short
                from {DATABASE}.identity.int_identity__person_records as people
                anti join
                    (
                        select record_key
                        from {DATABASE}.identity.{_IDENTIFIERS}
                        where kind = 'phone'
                    ) as phones
                    on phones.record_key = people.record_key
                where people.phone is not null
            ) as unread_phones
        """  # noqa: S608
    ).fetchall()
    if unread:
        terminal.warning(
            f"phone: {unread:,} values are no telephone number of the country that their record "
            f"names, or of {country.upper()} where it names none, such as {example!r}; not "
            "compared. --country says which country that is"
        )
    if cut_short:
        terminal.warning(
            f"phone: of {cut_short:,} values a spreadsheet has kept the first digits only, such as "
            f"{cut_example!r}; not compared. Write the list anew with that column as text"
        )


def _resolve(
    connection: duckdb.DuckDBPyConnection,
    plan: MatchPlan,
    request: MatchRequest,
    terminal: Terminal,
) -> None:
    # Rows are asked for in order only at the end.
    connection.execute("set preserve_insertion_order = false")
    readers = [step.name for step in plan.steps if _INCOMING in step.reads]
    first, rest, keep = _halves(plan, everything=request.keep is not None)
    with _told_steps(terminal, len(first) + len(rest)) as tell:

        def told(name: str, seconds: float) -> None:
            if name == readers[-1]:
                release_people(connection)
            if name == _IDENTIFIERS:
                _note_unread_phones(connection, request.country, terminal)
            tell(name, seconds)

        read_later = {name for step in rest for name in step.reads}
        plan.run(connection, first, keep=keep | read_later, tell=told)
        if not (request.train and _train(connection, request, terminal)):
            weigh_by_reliability(connection, plan, terminal)
        plan.run(connection, rest, keep=keep, tell=told)


def _halves(plan: MatchPlan, *, everything: bool) -> tuple[list[Step], list[Step], set[str]]:
    """Return the steps before the weights are settled, those after, and whose tables stay."""
    steps = [
        step
        for step in (plan.steps if everything else plan.before(*_READ_AT_THE_END))
        if step.name != RELIABILITY
    ]
    scored = plan.before(_PAIR_SCORES)
    first = [step for step in steps if step in scored and step.name != _PAIR_SCORES]
    rest = [step for step in steps if step not in first or step.name == _WEIGHTS]
    return first, rest, {step.name for step in steps} if everything else set(_READ_AT_THE_END)


def _train(
    connection: duckdb.DuckDBPyConnection, request: MatchRequest, terminal: Terminal
) -> bool:
    """Fit weights to the records, and put them where the models look for such.

    Returns:
        Whether there was enough to learn from.
    """
    from kesher.train import TooLittleDataError, train
    from kesher.trained_weights import stage_weights

    plan = load_plan(
        PlanVariant(also=len(request.options.also), every_pair=True),
        announce=terminal.warning,
        log=terminal.detail,
    )
    try:
        trained = train(
            connection,
            plan,
            link_weight=request.link_weight,
            candidates=plan.step("int_identity__candidate_pairs").relation,
            tell=terminal.detail,
        )
    except TooLittleDataError as error:
        terminal.warning(str(error))
        return False
    stage_weights(connection, trained)
    return True


_WEIGHTS = "int_identity__weights"
_PAIR_SCORES = "int_identity__pair_scores"
_IDENTIFIERS = "int_identity__record_identifiers"
_INCOMING = "int_identity__incoming_people"
_READ_AT_THE_END = ("int_identity__customer_ids", "int_identity__links")


def _write(connection: duckdb.DuckDBPyConnection, request: MatchRequest) -> int:
    """Write the output; return how many customers there are."""
    ((customers,),) = connection.execute(
        "select count(distinct customer_id) from identity.int_identity__customer_ids"
    ).fetchall()
    connection.execute("set preserve_insertion_order = true")
    write_output(
        connection,
        f"""
        with
            customer_ids as (select * from identity.int_identity__customer_ids),
            inner_links as (
                select links.left_record_key, links.right_record_key, links.match_weight
                from identity.int_identity__links as links
                inner join
                    customer_ids as left_id on left_id.record_key = links.left_record_key
                inner join
                    customer_ids as right_id on right_id.record_key = links.right_record_key
                where left_id.customer_id = right_id.customer_id
            ),
            strongest as (
                select record_key, max(match_weight) as match_weight
                from (
                    select left_record_key as record_key, match_weight from inner_links
                    union all
                    select right_record_key, match_weight from inner_links
                )
                group by record_key
            )
        select
            places.source,
            places.record_id,
            customer_ids.customer_id,
            coalesce({probability("strongest.match_weight")}, 1) as match_probability
        from {PLACES} as places
        inner join
            customer_ids
            on customer_ids.source = places.source
            and customer_ids.record_id = places.record_id
        left join strongest on strongest.record_key = customer_ids.record_key
        order by places.rowid
        """,  # noqa: S608
        request.out,
    )
    return int(customers)


def probability(weight: str) -> str:
    """Return SQL for the probability that two records are one customer, by their match weight."""
    return f"round(1 - 1 / (1 + power(2.0, greatest(least({weight}, 60.0), -60.0))), 6)"


@contextmanager
def _kept(
    connection: duckdb.DuckDBPyConnection, plan: MatchPlan, request: MatchRequest
) -> Iterator[None]:
    """Write the working database into a file, which takes its place if all goes well inside."""
    if request.keep is None:
        yield
        return
    connection.execute(
        f"create or replace table {SETTINGS} as "
        "select cast($also as varchar[]) as also, cast($weight as double) as link_weight",
        {"also": list(request.options.also), "weight": request.link_weight},
    )
    for step in plan.steps:
        if step.kind == "view":
            connection.execute(f"drop view if exists {step.relation}")
    target = request.keep.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        beside.unlink(missing_ok=True)
        connection.execute(f"attach {constant(beside)} as kept")
        connection.execute(f"copy from database {DATABASE} to kept")
        connection.execute("detach kept")
        yield
        beside.replace(target)
    finally:
        for leftover in (beside, beside.with_name(f"{beside.name}.wal")):
            leftover.unlink(missing_ok=True)


@contextmanager
def _told_steps(terminal: Terminal, total: int) -> Iterator[Callable[[str, float], None]]:
    """Draw which step is at work on a terminal; tell each with --verbose."""
    done = 0

    def tell(name: str, seconds: float) -> None:
        nonlocal done
        done += 1
        terminal.detail(f"{name}: {seconds:.2f} s")
        if status is not None:
            status.update(f"match: {done} of {total} steps done, last {name}")

    status = None
    if terminal.is_live and not terminal.verbose:
        with terminal.out.status("match: reading") as status:
            yield tell
    else:
        yield tell


def _explained(error: Exception, work: Path) -> KesherError:
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException):
        return KesherError(
            f"Not enough memory: {str(error).splitlines()[0]}. Give more with --memory, or more "
            f"room for temporary files with --temporary (now {work.parent})."
        )
    full = disk_full_error(error, work)
    if full is not None:
        return KesherError(
            f"No room left for temporary files in {work.parent}. Nothing was written. --temporary "
            "names another folder; about 3 KB a record are needed."
        )
    return KesherError(f"The records could not be matched: {' '.join(str(error).split())}")
