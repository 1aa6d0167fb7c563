"""The store of decisions, in a real SQLite file and in a real Postgres."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postgres_server import has_postgres, running_postgres
from sqlalchemy import create_engine, make_url, text

from decisions.decision import Decision, RecordName, standing
from decisions.store import DecisionStore, sqlite_url
from decisions.store_errors import DecisionStoreError

A = RecordName("stripe", "cus_1")
B = RecordName("zendesk", "77")
C = RecordName("mailchimp", "list:member")

_databases = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    if not has_postgres():
        pytest.skip("this machine has no Postgres")
    with running_postgres() as url:
        yield url


def empty_database(server: str) -> str:
    name = f"store_{next(_databases)}"
    engine = create_engine(
        make_url(f"{server}/postgres").set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "decisions.sqlite")
    return empty_database(request.getfixturevalue("postgres"))


@pytest.fixture
def store(url: str) -> Iterator[DecisionStore]:
    with DecisionStore(url) as store:
        yield store


def held(store: DecisionStore) -> dict[tuple[RecordName, RecordName], str]:
    return {pair: decision.verdict for pair, decision in standing(store.decisions()).items()}


def test_a_store_that_was_never_used_is_empty_and_looking_makes_nothing(
    store: DecisionStore, tmp_path: Path
) -> None:
    assert store.decisions() == []
    assert not (tmp_path / "decisions.sqlite").exists()


def test_what_was_decided_is_read_back_as_it_was_said(store: DecisionStore, url: str) -> None:
    note = 'אותה לקוחה, "דנה" 🙂; drop table steward_decisions;--'
    before = datetime.now(UTC) - timedelta(seconds=5)
    said = store.decide(B, A, "same", by=" דנה ", note=f" {note}\n", evidence="e-mail: same")
    with DecisionStore(url) as other:
        assert other.decisions() == [said]
    assert (said.left, said.right) == (A, B), "a pair has one order"
    assert (said.decided_by, said.note, said.evidence) == ("דנה", note, "e-mail: same")
    assert before < said.decided_at < datetime.now(UTC) + timedelta(seconds=5)
    assert said.decided_at.utcoffset() == timedelta(0)


def test_the_newest_decision_of_a_pair_holds_whoever_is_named_first(store: DecisionStore) -> None:
    store.decide(A, B, "same", by="dana")
    store.decide(C, A, "skip", by="dana")
    store.decide(B, A, "different", by="yoav")
    assert held(store) == {(A, B): "different", (C, A): "skip"}


def test_an_undo_brings_back_what_was_decided_before(store: DecisionStore) -> None:
    first = store.decide(A, B, "different", by="dana")
    second = store.decide(A, B, "same", by="yoav")
    undo = store.undo(second.decision_id, by="yoav", note="wrong key")
    assert held(store) == {(A, B): "different"}
    assert (undo.verdict, undo.undone_decision_id) == ("undo", second.decision_id)
    store.undo(first.decision_id, by="yoav")
    assert held(store) == {}
    assert len(store.decisions()) == 4, "nothing is ever deleted"


def test_only_what_holds_can_be_taken_back(store: DecisionStore) -> None:
    first = store.decide(A, B, "same", by="dana")
    second = store.decide(A, B, "different", by="yoav")
    with pytest.raises(DecisionStoreError, match=r"yoav decided different later"):
        store.undo(first.decision_id, by="dana")
    undo = store.undo(second.decision_id, by="dana")
    for decision_id, complaint in [
        (second.decision_id, "was taken back already"),
        (undo.decision_id, "is an undo"),
        ("nonsense", "There is no decision nonsense"),
    ]:
        with pytest.raises(DecisionStoreError, match=complaint):
            store.undo(decision_id, by="dana")
    assert len(store.decisions()) == 3


def test_nothing_can_be_undone_in_a_store_that_is_not_there(store: DecisionStore) -> None:
    with pytest.raises(DecisionStoreError, match="There is no decision d"):
        store.undo("d", by="dana")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"left": A, "right": A}, "stripe:cus_1 was named twice"),
        ({"verdict": "undo"}, "'undo' is no verdict"),
        ({"by": "  "}, "name of who decides is empty"),
        ({"note": "x" * 4_001}, "note has 4,001 characters; 4,000 is the most"),
        ({"note": "a\0b"}, "note has a zero character"),
        ({"note": "\udcff"}, "note is not Unicode"),
        ({"left": RecordName("stripe", "")}, "record id is empty"),
    ],
)
def test_what_can_not_be_kept_is_refused(
    tmp_path: Path, said: dict[str, object], complaint: str
) -> None:
    whole = {"left": A, "right": B, "verdict": "same", "by": "dana", **said}
    with DecisionStore(sqlite_url(tmp_path / "d.sqlite")) as store:
        with pytest.raises(DecisionStoreError, match=complaint):
            store.decide(**whole)  # type: ignore[arg-type]
        assert store.decisions() == []


def test_their_order_is_that_of_writing_when_the_clock_was_set_back(url: str) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with DecisionStore(url) as store:
        store.add_missing([Decision("from-afar", A, B, "same", "dana", tomorrow)])
        store.decide(A, B, "different", by="yoav")
        assert held(store) == {(A, B): "different"}
        assert [decision.decided_by for decision in store.decisions()] == ["dana", "yoav"]


def _decide_many(url: str, steward: str, count: int) -> None:
    with DecisionStore(url) as store:
        for number in range(count):
            store.decide(A, RecordName("crm", str(number)), "same", by=steward)


def test_processes_that_decide_at_once_lose_nothing(url: str) -> None:
    # Spawned, so that they share no connection; they also make the store at once.
    context = multiprocessing.get_context("spawn")
    stewards = ["dana", "yoav", "noa"]
    processes = [
        context.Process(target=_decide_many, args=(url, steward, 25)) for steward in stewards
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    with DecisionStore(url) as store:
        decisions = store.decisions()
    assert {
        steward: sum(decision.decided_by == steward for decision in decisions)
        for steward in stewards
    } == dict.fromkeys(stewards, 25)
    moments = [decision.decided_at for decision in decisions]
    assert len(set(moments)) == 75, "no two at the same time: the newest is always one"


def test_of_two_undos_at_once_one_is_told_that_it_is_done(url: str) -> None:
    with DecisionStore(url) as store:
        decision = store.decide(A, B, "same", by="dana")
        outcomes: list[str] = []

        def undo() -> None:
            try:
                outcomes.append(store.undo(decision.decision_id, by="dana").verdict)
            except DecisionStoreError as error:
                outcomes.append(str(error))

        threads = [threading.Thread(target=undo) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes)[-1] == "undo"
        assert sum("was taken back already" in outcome for outcome in outcomes) == 3
        assert len(store.decisions()) == 2


def test_what_another_store_held_is_added_once_and_as_it_was(store: DecisionStore) -> None:
    own = store.decide(A, B, "same", by="dana")
    moment = datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    other = Decision("other", C, A, "undo", "yoav", moment, "אוי", "x", "none")
    assert store.add_missing([own, other]) == 1
    assert store.add_missing([own, other]) == 0
    kept = store.decisions()[0]
    assert kept == Decision("other", C, A, "undo", "yoav", moment, "אוי", "x", "none")


def test_a_locked_file_is_told_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decisions.store.PATIENCE_SECONDS", 0.2)
    file = tmp_path / "decisions.sqlite"
    with DecisionStore(sqlite_url(file)) as store:
        store.decide(A, B, "same", by="dana")
        other = sqlite3.connect(file)
        other.execute("begin exclusive")
        with pytest.raises(DecisionStoreError) as caught:
            store.decide(A, C, "same", by="dana")
        assert str(file) in str(caught.value)
        assert "locked by another program" in str(caught.value)
        assert len(store.decisions()) == 1, "it can still be read"
        other.rollback()
        other.close()
        store.decide(A, C, "same", by="dana")


def test_a_locked_postgres_is_told_after_a_while(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decisions.store.PATIENCE_SECONDS", 1)
    url = empty_database(postgres)
    with DecisionStore(url) as store:
        store.decide(A, B, "same", by="dana")
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        with engine.connect() as other:
            other.execute(text("select pg_advisory_xact_lock(7391520416)"))
            with pytest.raises(DecisionStoreError, match="locked by another program"):
                store.decide(A, C, "same", by="dana")
            assert len(store.decisions()) == 1, "it can still be read"
        engine.dispose()


def test_a_file_that_can_only_be_read_is_read_and_refuses_decisions(tmp_path: Path) -> None:
    file = tmp_path / "decisions.sqlite"
    with DecisionStore(sqlite_url(file)) as store:
        store.decide(A, B, "same", by="dana")
    with DecisionStore(f"sqlite:///file:{file}?mode=ro&uri=true") as store:
        assert len(store.decisions()) == 1
        with pytest.raises(DecisionStoreError, match="can only be read, so nothing can be decided"):
            store.decide(A, C, "same", by="dana")


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
def test_a_file_of_somebody_else_is_told_to_whoever_may_not_open_it(tmp_path: Path) -> None:
    file = tmp_path / "decisions.sqlite"
    with DecisionStore(sqlite_url(file)) as store:
        store.decide(A, B, "same", by="dana")
    file.chmod(0o600)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    # Forked: another user may not be allowed to start this Python.
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def as_another_user() -> None:
        os.setuid(65534)
        with DecisionStore(sqlite_url(file)) as store:
            for act in (store.decisions, lambda: store.undo("x", by="y")):
                try:
                    act()
                except DecisionStoreError as error:
                    sender.send(str(error))

    process = context.Process(target=as_another_user)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    for _ in range(2):
        assert receiver.poll(0)
        message = receiver.recv()
        assert "can't be opened" in message
        assert str(file) in message


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "decisions.sqlite"
    file.write_bytes(b"no database at all " * 100)
    with DecisionStore(sqlite_url(file)) as store:
        for act in (store.decisions, lambda: store.decide(A, B, "same", by="dana")):
            with pytest.raises(DecisionStoreError, match=r"is damaged; .*the next build brings"):
                act()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with (
        DecisionStore(sqlite_url(tmp_path / "nowhere" / "d.sqlite")) as store,
        pytest.raises(DecisionStoreError, match="can't be opened; its folder must be there"),
    ):
        store.decide(A, B, "same", by="dana")


def test_a_store_of_a_newer_kesher_is_left_alone(url: str) -> None:
    with DecisionStore(url) as store:
        store.decide(A, B, "same", by="dana")
        drivername = "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"
        engine = create_engine(make_url(url).set(drivername=drivername))
        with engine.begin() as connection:
            connection.execute(text("update steward_store set schema_version = 2"))
        engine.dispose()
        for act in (store.decisions, lambda: store.decide(A, C, "same", by="dana")):
            with pytest.raises(DecisionStoreError, match="schema version 2, and this Kesher"):
                act()


def test_a_postgres_that_is_not_there_is_told_without_its_password() -> None:
    url = "postgresql://dana:h%40rd-to-guess@127.0.0.1:1/crm?sslpassword=deep-secret"
    with (
        DecisionStore(url) as store,
        pytest.raises(DecisionStoreError) as caught,
    ):
        store.decisions()
    message = str(caught.value)
    assert message.startswith("The store of decisions, Postgres 127.0.0.1:1/crm, can't be used")
    assert "decisions.url" in message
    assert "\n" not in message
    for secret in ("h@rd-to-guess", "h%40rd-to-guess", "deep-secret"):
        assert secret not in message


def test_a_database_that_is_not_there_is_named(postgres: str) -> None:
    with (
        DecisionStore(f"{postgres}/nowhere") as store,
        pytest.raises(DecisionStoreError, match='database "nowhere" does not exist'),
    ):
        store.decide(A, B, "same", by="dana")


def test_a_postgres_user_who_may_only_read_is_told(postgres: str) -> None:
    url = empty_database(postgres)
    with DecisionStore(url) as store:
        store.decide(A, B, "same", by="dana")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("create role reader login"))
        connection.execute(text("grant select on all tables in schema public to reader"))
        connection.execute(
            text(f"alter database {make_url(url).database} set default_transaction_read_only = on")
        )
    engine.dispose()
    with DecisionStore(url) as store:
        assert len(store.decisions()) == 1
        with pytest.raises(DecisionStoreError, match="name the primary server, not a replica"):
            store.decide(A, C, "same", by="dana")
    reader = make_url(url).set(username="reader").render_as_string(hide_password=False)
    with DecisionStore(reader) as store:
        assert len(store.decisions()) == 1


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("nonsense", "needs a URL such as postgresql://"),
        ("mysql://dana@host/crm", "not in mysql"),
        ("sqlite://", "in a file of SQLite"),
        ("postgresql://dana:secret@host:port/crm", "needs a URL such as postgresql://"),
    ],
)
def test_an_address_that_is_no_store_is_refused_and_not_repeated(url: str, complaint: str) -> None:
    with pytest.raises(DecisionStoreError, match=complaint) as caught:
        DecisionStore(url)
    assert "secret" not in str(caught.value)


def test_without_the_driver_of_postgres_it_is_said_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DecisionStoreError, match=r"pip install 'kesher\[postgres\]'"):
        DecisionStore("postgresql://dana@host/crm")


def test_an_undo_of_another_hand_takes_back_whatever_there_was() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    verdicts: list[Any] = ["same", "different", "undo", "skip"]
    lines = [
        Decision(str(position), A, B, verdict, "dana", start + timedelta(days=position))
        for position, verdict in enumerate(verdicts)
    ]
    assert standing(lines[:3]) == {}
    assert standing(reversed(lines)) == {(A, B): lines[3]}


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(source=st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True), record_id=names)
def test_a_record_is_named_in_one_text(source: str, record_id: str) -> None:
    if record_id != record_id.strip():
        record_id = f"x{record_id}x"
    record = RecordName(source, record_id)
    assert RecordName.parse(str(record)) == record


@pytest.mark.parametrize("wrong", ["", "cus_1", ":cus_1", "stripe:", " : "])
def test_a_name_without_its_source_or_id_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="expected source:record_id"):
        RecordName.parse(wrong)
