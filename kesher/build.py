"""`kesher build`: dbt, in this process, from the lake into the warehouse."""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import duckdb

from kesher.build_models import Made, ModelRequest, make_models
from kesher.build_record import (
    BuildRecord,
    read_build,
    warehouse_fingerprint,
    write_build,
)
from kesher.data_directory import DataDirectory, utc_text
from kesher.errors import KesherError, disk_full_error
from kesher.garbage_collection import rare_garbage_collection
from kesher.home_country import DEFAULT_HOME_COUNTRY
from kesher.lake import Lake
from kesher.parsed_project import project_digest
from kesher.plan_run import NodeOutcome
from kesher.run_history import RunRecord
from kesher.terminal import Terminal

_LINES_A_FAILURE = 6
_STAGING_TABLE = re.compile(r"stg_(?P<source>[a-z0-9]+)__(?P<stream>[a-z0-9_]+?)\Z")
_DAMAGE = (
    "corrupt database file",
    "not a valid duckdb database",
    "could not read enough bytes from file",
    "database has been invalidated",
    "version number",
    "serialization error",
    "failed to deserialize",
)


class _WarehouseDamagedError(Exception):
    """The warehouse file can't be used; it has to be built from scratch."""


def build(
    data: DataDirectory,
    terminal: Terminal,
    run: RunRecord,
    *,
    full_refresh: bool = False,
    select: Sequence[str] = (),
    home_country: str = DEFAULT_HOME_COUNTRY,
) -> BuildRecord:
    """Build the warehouse from the lake. Call it under the lock.

    A warehouse file that can't be opened is deleted and built again: everything in it comes from
    the lake, the customer ids too.

    Args:
        data: Where the lake and the warehouse are.
        terminal: Where the outcome goes.
        run: Gives the folder for dbt's log.
        full_refresh: Read the whole lake again, not only what is new.
        select: dbt's selection, e.g. `staging` or `+customers`; everything if empty.
        home_country: Two letters: whose telephone numbers those without a calling code are, where
            a record names no country.

    Raises:
        KesherError: a model or a test failed, a lake file is corrupt, the disk is full, or
            another program has the warehouse open.
    """
    started = time.monotonic()
    last = read_build(data)
    before = last.records if last else {}
    # What comes while dbt is at work is new to the next build, too.
    lake, project = Lake(data.lake).contents(), project_digest(home_country)
    follows = (
        last is not None
        and last.status == "ok"
        and last.project == project
        and last.warehouse == warehouse_fingerprint(data.warehouse)
        and not full_refresh
        and not select
    )
    write_build(data, BuildRecord(run.id, "running", records=before))
    try:
        _discard_if_damaged(data, terminal)
        known = last.lake if last and follows and data.warehouse.exists() else None
        try:
            built = _make(data, terminal, run, full_refresh, select, home_country, known, lake)
        except _WarehouseDamagedError as damage:
            _discard(data, terminal, str(damage))
            built = _make(data, terminal, run, full_refresh, select, home_country, None, lake)
        records = staged_records(data)
    except BaseException:
        ended = utc_text(datetime.now(UTC))
        write_build(data, BuildRecord(run.id, "failed", ended, records=before))
        raise
    record = BuildRecord(
        run.id,
        "partial" if select else "ok",
        utc_text(datetime.now(UTC)),
        warehouse_fingerprint(data.warehouse),
        records,
        lake,
        project,
    )
    write_build(data, record)
    total = sum(sum(streams.values()) for streams in records.values())
    kinds = Counter(outcome.kind for outcome in built.outcomes)
    rest = f", {built.unchanged} models as they were" if built.unchanged else ""
    terminal.step(
        "build",
        f"{kinds['model']} models and {kinds['test']} tests over {total:,} records{rest}, "
        f"{time.monotonic() - started:.1f} s",
    )
    if not total and not select:
        terminal.warning(f"The lake {data.lake} holds no records yet: kesher sync reads them.")
    return record


def staged_records(data: DataDirectory) -> dict[str, dict[str, int]]:
    """Count the live records by source and stream in the warehouse."""
    counts: dict[str, dict[str, int]] = {}
    with duckdb.connect(str(data.warehouse), read_only=True) as connection:
        tables = connection.execute(
            """
            select table_name, list_contains(list(column_name), 'source') as has_source
            from information_schema.columns
            where table_schema = 'staging' and table_name like 'stg\\_%' escape '\\'
            group by table_name
            order by table_name
            """
        ).fetchall()
        for table, has_source in tables:
            match = _STAGING_TABLE.match(table)
            if not match or match["stream"].endswith("__deletions") or match["source"] == "kesher":
                continue
            if match["source"] == "mapped":
                # Several blocks of a mapping can read the same stream.
                for source, stream, count in connection.execute(
                    "select source, stream, count(distinct record_key) "  # noqa: S608
                    f'from staging."{table}" group by source, stream'
                ).fetchall():
                    streams = counts.setdefault(source, {})
                    streams[stream] = max(count, streams.get(stream, 0))
                continue
            if match["source"] == "files":
                if not has_source:
                    continue
                rows = connection.execute(
                    f'select source, count(*) from staging."{table}" group by source'  # noqa: S608
                ).fetchall()
            else:
                rows = connection.execute(
                    f"select '{match['source']}', count(*) from staging.\"{table}\""  # noqa: S608
                ).fetchall()
            for source, count in rows:
                counts.setdefault(source, {})[match["stream"]] = count
    return counts


def _make(
    data: DataDirectory,
    terminal: Terminal,
    run: RunRecord,
    full_refresh: bool,
    select: Sequence[str],
    home_country: str,
    known: Mapping[str, str] | None,
    lake: Mapping[str, str],
) -> Made:
    request = ModelRequest(
        data, run.folder, full_refresh, select, home_country, known, lake, terminal.verbose
    )
    with _drawn_progress(terminal) as tell, rare_garbage_collection():
        made = make_models(request, tell)
    if made.faults or made.exception is not None:
        _raise_failure(data, run, made.exception, made.faults)
    if select and not made.outcomes:
        raise KesherError(f"--select {' '.join(select)} chooses no model of the dbt project.")
    if known is None and not select:
        _drop_former_marts(data, {outcome.name for outcome in made.outcomes})
    return made


def _drop_former_marts(data: DataDirectory, models: set[str]) -> None:
    """Drop marts of an older version of the project, which would be published for ever as is."""
    with duckdb.connect(str(data.warehouse)) as connection:
        marts = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        for (mart,) in marts:
            if mart not in models:
                connection.execute(f'drop table marts."{mart}"')


def _raise_failure(
    data: DataDirectory,
    run: RunRecord,
    exception: BaseException | None,
    failures: Sequence[NodeOutcome],
) -> None:
    messages = [failure.message or "" for failure in failures]
    if exception is not None:
        messages.append(str(exception))
    everything = "\n".join(messages)
    full = disk_full_error(RuntimeError(everything), data.warehouse)
    if full:
        raise full
    if corrupt := Lake(data.lake).unreadable(deep=".parquet" in everything):
        raise KesherError("\n".join(str(error) for error in corrupt))
    if any(sign in everything.lower() for sign in _DAMAGE):
        raise _WarehouseDamagedError(everything.strip().splitlines()[-1].strip())
    lines = [
        f"{failure.kind} {failure.name} failed: {_readable(failure.message or '')}"
        for failure in failures
    ] or [f"dbt could not build: {_readable(everything)}"]
    raise KesherError("\n".join([*lines, f"Details: {run.folder / 'dbt.log'}"]))


def _readable(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    # dbt's first line repeats the model's name; the engine's words follow.
    if len(lines) > 1 and re.match(r"(Runtime|Database|Compilation) Error in ", lines[0]):
        lines = lines[1:]
    shown = " | ".join(lines[:_LINES_A_FAILURE])
    return shown or "dbt gave no reason"


@contextlib.contextmanager
def _drawn_progress(terminal: Terminal) -> Iterator[Callable[[str], None]]:
    """Draw which model is being built, on a terminal only."""
    if not terminal.is_live or terminal.verbose:
        yield lambda _: None
        return
    done = 0
    with terminal.out.status("build: dbt reads its project") as status:

        def follow(name: str) -> None:
            nonlocal done
            done += 1
            status.update(f"build: {done} done, last {name}")

        yield follow


def _discard_if_damaged(data: DataDirectory, terminal: Terminal) -> None:
    if not data.warehouse.exists():
        return
    try:
        duckdb.connect(str(data.warehouse)).close()
    except duckdb.Error as error:
        text = str(error)
        if "lock" in text.lower() and "conflicting" in text.lower():
            holder = re.search(r"held in (.*?)\.? See", text)
            raise KesherError(
                f"{data.warehouse} is open in another program ({holder[1] if holder else text}); "
                "close it and run the same command again."
            ) from error
        full = disk_full_error(error, data.warehouse)
        if full or "permission denied" in text.lower():
            raise full or KesherError(f"{data.warehouse} can't be opened: {text}") from error
        _discard(data, terminal, text)


def _discard(data: DataDirectory, terminal: Terminal, reason: str) -> None:
    terminal.warning(
        f"{data.warehouse} can't be used ({' '.join(reason.split())}). It is disposable: "
        "building it again from the lake."
    )
    for name in (data.warehouse.name, f"{data.warehouse.name}.wal"):
        data.warehouse.with_name(name).unlink(missing_ok=True)
