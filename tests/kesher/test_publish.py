"""Publishing, over a warehouse that is made by hand: small, and every table is known."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest
from lake_rows import data as lake_data

from expectations.report import CheckReport, CheckResult
from kesher.build_record import BuildRecord, read_check, warehouse_fingerprint, write_build
from kesher.check import check
from kesher.config_schema import KesherFile
from kesher.data_directory import DataDirectory, write_json
from kesher.errors import ChecksBlockedError, KesherError
from kesher.lake import DELETED_AT, Lake, LakeClock
from kesher.lake_writer import LakeWriter
from kesher.publish import GENERATIONS_KEPT, publish
from kesher.redaction import Redactor
from kesher.run_history import RunRecord
from kesher.sync_report import SourceResult, StreamResult, SyncReport
from kesher.terminal import Terminal

WAREHOUSE = """
create schema staging;
create schema identity;
create schema marts;
create table marts.customers as
    select 'kc_' || range as customer_id, 'name ' || range as display_name from range(9, -1, -1);
create table marts.customer_identities as
    select 'crm' as source, '' || range as record_id, 'kc_' || range as customer_id
    from range(9, -1, -1);
create table identity.int_identity__customer_id_changes as
    select
        *, source as minted_from_source, record_id as minted_from_record_id, false as is_deleted
    from marts.customer_identities;
create table identity.int_identity__customer_id_events as
    select
        'create:' || record_id as event_id, timestamp '2026-01-01' as happened_at,
        'create' as event, customer_id, null::varchar as other_customer_id, source, record_id,
        1::bigint as record_count, null::varchar as reason
    from marts.customer_identities;
create table marts.customer_id_history as from identity.int_identity__customer_id_events;
create table marts.customer_timeline as
    select
        'e' || range as event_id, 'kc_' || (range % 10) as customer_id,
        timestamp '2026-01-01' + to_days((100 - range)::integer) as happened_at
    from range(100);
create table marts.customer_search_tokens as
    select 'token' || (range % 7) as token, 'kc_' || range as customer_id from range(10);
"""

PASSED = CheckResult(
    "customers.id.unique", "customers", "customer_id", "Ids are unique", "critical", True
)
WARNED = CheckResult("customers.mail", "customers", "email", "Have a mail", "warning", False, 10, 3)
FAILED = CheckResult(
    "customers.id.null", "customers", "customer_id", "Have an id", "critical", False, 10, 2
)


class Place:
    """A data directory with a built warehouse and a lake of one stream."""

    def __init__(self, root: Path) -> None:
        self.data = DataDirectory(root)
        root.mkdir()
        with LakeWriter(
            Lake(self.data.lake), "crm", "people", sync_id=1, clock=LakeClock()
        ) as writer:
            writer.add({"id": "1"})
            writer.commit()
        with duckdb.connect(str(self.data.warehouse)) as connection:
            connection.execute(WAREHOUSE)
        write_json(self.data.origin, {"customers": "synthetic", "since": "x"})
        self.built()

    def sql(self, statement: str) -> None:
        with duckdb.connect(str(self.data.warehouse)) as connection:
            connection.execute(statement)

    def built(self, status: str = "ok", build_id: str = "b1") -> None:
        write_build(
            self.data,
            BuildRecord(
                build_id,
                status,
                "t",
                warehouse_fingerprint(self.data.warehouse),
                {"crm": {"people": 1}},
            ),
        )

    def check(self, *results: CheckResult) -> None:
        report = CheckReport(results or (PASSED,), datetime(2026, 1, 1, tzinfo=UTC))
        check(self.data, Terminal(), KesherFile().alerts, Redactor([]), lambda *_: report)

    def published(self) -> duckdb.DuckDBPyConnection:
        pointer = json.loads(self.data.pointer.read_text())
        return duckdb.connect(str(self.data.serving / pointer["file"]), read_only=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "data")


def test_every_mart_is_published_sorted_by_what_it_is_looked_up_by(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.check(PASSED, WARNED)
    publication = publish(place.data, Terminal())
    assert publication.customers == 10
    with place.published() as connection:
        tables = {row[0] for row in connection.execute("show tables").fetchall()}
        assert tables == {
            "customers",
            "customer_identities",
            "customer_id_history",
            "customer_timeline",
            "customer_search_tokens",
            "published_streams",
            "quality_checks",
            "published_generation",
        }
        for table, key in {
            "customers": "customer_id",
            "customer_timeline": "customer_id, happened_at",
            "customer_search_tokens": "token",
        }.items():
            rows = connection.execute(f"select {key} from {table}").fetchall()
            assert rows == sorted(rows)
        assert connection.execute(
            "select * exclude last_extracted_at from published_streams"
        ).fetchall() == [("crm", "people", 1, 1, 0)]
        checks = connection.execute("select check_id, success from quality_checks").fetchall()
        assert checks == [("customers.id.unique", True), ("customers.mail", False)]
        generation = connection.execute("select generation, sandbox from published_generation")
        assert generation.fetchone() == (publication.generation, True)
    assert not list(place.data.serving.glob("*.tmp*"))
    assert not list(place.data.serving.glob("*.wal"))


def test_what_a_build_found_goes_to_the_ledger_once(place: Place) -> None:
    place.check()
    assert publish(place.data, Terminal()).id_changes == 10
    files = Lake(place.data.lake).files("kesher")
    assert publish(place.data, Terminal()).id_changes == 0
    assert Lake(place.data.lake).files("kesher") == files
    place.sql(
        "delete from identity.int_identity__customer_id_changes where record_id not in ('2', '3');"
        "update identity.int_identity__customer_id_changes set customer_id = 'kc_1'"
        " where record_id = '2';"
        "update identity.int_identity__customer_id_changes set is_deleted = true"
        " where record_id = '3';"
        "delete from identity.int_identity__customer_id_events;"
        "insert into identity.int_identity__customer_id_events values ('merge:2',"
        " timestamp '2026-02-01', 'merge', 'kc_2', 'kc_1', 'crm', '2', 1, null)"
    )
    place.built(build_id="b2")
    place.check()
    assert publish(place.data, Terminal()).id_changes == 2
    ids = {row["record_id"]: row for row in lake_data(place.data.lake, "kesher", "customer_ids")}
    assert ids["2"] == {
        "source": "crm",
        "record_id": "2",
        "customer_id": "kc_1",
        "minted_from_source": "crm",
        "minted_from_record_id": "2",
    }
    assert ids["3"].keys() == {"source", "record_id", DELETED_AT}
    assert ids["4"]["customer_id"] == "kc_4"
    events = lake_data(place.data.lake, "kesher", "customer_id_history")
    assert len(events) == 11
    assert events[-1] == {
        "event_id": "merge:2",
        "happened_at": "2026-02-01T00:00:00",
        "event": "merge",
        "customer_id": "kc_2",
        "other_customer_id": "kc_1",
        "source": "crm",
        "record_id": "2",
        "record_count": 1,
        "reason": None,
    }


def test_a_build_that_changed_no_id_adds_nothing_to_the_ledger(place: Place) -> None:
    place.sql(
        "delete from identity.int_identity__customer_id_changes;"
        "delete from identity.int_identity__customer_id_events"
    )
    place.built()
    place.check()
    assert publish(place.data, Terminal()).id_changes == 0
    assert Lake(place.data.lake).files("kesher") == []


def test_an_event_is_in_the_lake_before_its_id(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.check()
    commit = LakeWriter.commit

    def killed_after_one(writer: LakeWriter) -> int:
        monkeypatch.setattr(LakeWriter, "commit", _killed)
        return commit(writer)

    monkeypatch.setattr(LakeWriter, "commit", killed_after_one)
    with pytest.raises(SystemExit):
        publish(place.data, Terminal())
    assert len(lake_data(place.data.lake, "kesher", "customer_id_history")) == 10
    assert lake_data(place.data.lake, "kesher", "customer_ids") == []


def test_the_ledger_is_in_the_lake_before_the_pointer_moves(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.check()
    with monkeypatch.context() as patch:
        patch.setattr("kesher.publish.write_json", _killed)
        with pytest.raises(SystemExit):
            publish(place.data, Terminal())
    assert not place.data.pointer.exists()
    ids = lake_data(place.data.lake, "kesher", "customer_ids")
    assert len(ids) == 10
    publish(place.data, Terminal())
    # Written again, for nobody knows how far the killed one came: the same rows, which is harmless.
    assert lake_data(place.data.lake, "kesher", "customer_ids") == ids * 2


def _killed(*_: object) -> NoReturn:
    raise SystemExit("killed")


def test_a_failed_critical_check_publishes_nothing_and_the_last_generation_stays(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.check()
    publish(place.data, Terminal())
    before = place.data.pointer.read_bytes()
    with pytest.raises(ChecksBlockedError):
        place.check(PASSED, WARNED, FAILED)
    errors = capsys.readouterr().err
    assert "error: customers.id.null: does not hold: Have an id (2 of 10)" in errors
    assert "note: customers.mail" in errors
    with pytest.raises(ChecksBlockedError, match="1 critical check failed"):
        publish(place.data, Terminal())
    assert place.data.pointer.read_bytes() == before
    record = read_check(place.data)
    assert record is not None
    assert (record.passed, record.failed_critical, record.failed_warning) == (False, 1, 1)


@pytest.mark.parametrize("change", ["never checked", "rebuilt", "by plain dbt"])
def test_what_has_not_been_checked_is_not_published(
    place: Place, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    if change != "never checked":
        place.check()
    if change == "rebuilt":
        place.built(build_id="b2")
    if change == "by plain dbt":
        place.sql("insert into marts.customers values ('kc_99', 'sneaked in')")
    with pytest.raises(ChecksBlockedError, match="run kesher check first"):
        publish(place.data, Terminal())


@pytest.mark.parametrize("status", ["partial", "failed", "running"])
def test_a_build_that_is_not_whole_is_neither_checked_nor_published(
    place: Place, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    place.check()
    place.built(status)
    with pytest.raises(KesherError, match=status):
        place.check()
    with pytest.raises(KesherError, match=status):
        publish(place.data, Terminal())


def test_only_the_last_generations_are_kept_and_their_names_rise(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.check()
    generations = [publish(place.data, Terminal()).generation for _ in range(5)]
    assert generations == sorted(set(generations))
    kept = sorted(file.stem for file in place.data.serving.glob("*.duckdb"))
    assert kept == generations[-GENERATIONS_KEPT:]


def test_a_reader_keeps_its_generation_while_new_ones_are_published(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.check()
    publish(place.data, Terminal())
    with place.published() as reader:
        for _ in range(GENERATIONS_KEPT + 1):
            publish(place.data, Terminal())
        assert reader.execute("select count(*) from customers").fetchone() == (10,)


def test_a_full_disk_publishes_nothing_and_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.sql("create table marts.huge as select range as id, random() as noise from range(500000)")
    place.built()
    place.check()
    script = f"""
import resource
from pathlib import Path
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.publish import publish
from kesher.terminal import Terminal
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
try:
    publish(DataDirectory(Path({str(place.data.root)!r})), Terminal())
except KesherError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "No room left on the disk" in done.stdout, done.stdout + done.stderr
    assert list(place.data.serving.iterdir()) == []


def test_the_checks_are_told_when_each_source_was_last_read_without_an_error(place: Place) -> None:
    def synced(started_at: str, error: str | None) -> None:
        stream = StreamResult("crm", "people", "incremental", 0, 0, 0, 0.1, None, error)
        run = RunRecord(place.data, "sync")
        run.note_sync(SyncReport([stream], [SourceResult("crm", 0.1, None)]))
        run.note("started_at", started_at)
        run.finish(ok=error is None)

    told: list[object] = []

    def run_checks(*arguments: object) -> CheckReport:
        told.append(arguments[-1])
        return CheckReport((PASSED,), datetime(2026, 1, 1, tzinfo=UTC))

    for started_at, error in (
        ("2026-01-01T00:00:00Z", None),
        ("2026-01-02T00:00:00Z", None),
        ("2026-01-03T00:00:00Z", "the vendor is down"),
    ):
        synced(started_at, error)
    check(place.data, Terminal(), KesherFile().alerts, Redactor([]), run_checks)
    assert told == [{"crm": datetime(2026, 1, 2, tzinfo=UTC)}]


def test_alerts_that_can_not_be_sent_hold_nothing_up(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alerts = KesherFile.model_validate(
        {"alerts": {"webhook": {"url": "http://127.0.0.1:9/secret-path"}, "timeout_seconds": 1}}
    ).alerts
    report = CheckReport((PASSED, WARNED), datetime(2026, 1, 1, tzinfo=UTC))
    redact = Redactor(["http://127.0.0.1:9/secret-path"])
    check(place.data, Terminal(), alerts, redact, lambda *_: report)
    errors = capsys.readouterr().err
    assert "note: webhook: 1 failing" in errors
    assert "secret-path" not in errors
    publish(place.data, Terminal())
