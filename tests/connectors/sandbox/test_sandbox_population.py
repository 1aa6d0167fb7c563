"""The people: repeatable, messy in every listed way, and known to the truth."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import phonenumbers
import pyarrow.parquet as pq
import pytest

from connectors import sandbox
from connectors.sandbox import generate, layout
from connectors.sandbox.behaviour import BEHAVIOURS
from connectors.sandbox.generate import make_chunk, plan_of
from connectors.sandbox.packing import Shape
from connectors.sandbox.population import Person
from connectors.sandbox.store import open_store
from tests.connectors.sandbox.conftest import Vendors

KINDS = (
    "company_short_name",
    "double_name",
    "duplicate",
    "email_case",
    "email_typo",
    "gmail_dots",
    "hebrew",
    "household_email",
    "household_phone",
    "initial",
    "latin_spelling",
    "letter_case",
    "married_name",
    "missing_email",
    "missing_family_name",
    "missing_name",
    "missing_phone",
    "missing_postcode",
    "moved_house",
    "nickname",
    "office_phone",
    "phone_format",
    "plus_tag",
    "relatives_details",
    "role_mailbox",
    "role_mailbox_of_person",
    "second_email",
    "swapped_names",
    "typo",
    "work_email",
)


def test_equal_requests_give_equal_bytes(tmp_path: Path, sandbox_directory: Path) -> None:
    sandbox.create(tmp_path, people=60, seed=11)
    assert (tmp_path / "sandbox.sqlite").read_bytes() == (
        sandbox_directory / "sandbox.sqlite"
    ).read_bytes()


def test_another_seed_and_another_day_give_other_people(tmp_path: Path) -> None:
    first = make_chunk(plan_of(50, 1, date(2026, 6, 30)), 0)
    second = make_chunk(plan_of(50, 2, date(2026, 6, 30)), 0)
    assert first.people != second.people
    later = make_chunk(plan_of(50, 1, date(2026, 7, 30)), 0)
    assert first.rows["stripe.customers"] != later.rows["stripe.customers"]


def test_some_companies_are_a_part_of_an_earlier_one_in_their_country() -> None:
    rows = make_chunk(plan_of(500, 7, date(2026, 6, 30)), 0).rows["hubspot.companies"]
    known: dict[str, dict[str, Any]] = {}
    parts = 0
    for row in rows:
        company = orjson.loads(row.body)
        parent = company.get("hs_parent_company_id")
        if parent:
            parts += 1
            assert known[parent]["country"] == company["country"]
        known[str(row.id)] = company
    assert 0 < parts < len(rows) / 4


def test_many_processes_write_what_one_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything(directory: Path) -> list[str]:
        database = open_store(directory, read_only=True)
        try:
            return list(database.iterdump())
        finally:
            database.close()

    monkeypatch.setattr(generate, "_CHUNKS_PER_PART", 1)
    sandbox.create(tmp_path / "many", people=600, seed=4)  # two chunks, two parts
    monkeypatch.setattr(generate, "_CHUNKS_PER_PART", 100)
    sandbox.create(tmp_path / "one", people=600, seed=4)
    assert everything(tmp_path / "many") == everything(tmp_path / "one")


_CREATE = """
import sys
from pathlib import Path
from connectors import sandbox
from connectors.sandbox import generate
generate._CHUNKS_PER_PART = 1
sandbox.create(Path(sys.argv[-1]), people=600, seed=4)
"""


def _python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def test_a_script_read_from_a_pipe_makes_a_sandbox_of_many_parts(tmp_path: Path) -> None:
    """No other process can import such a script, so this one does all the work."""
    done = _python("-", str(tmp_path), input=_CREATE)
    assert (done.returncode, done.stderr) == (0, "")
    assert sandbox.counts(tmp_path)["stripe"]["customers"] > 300


def test_a_script_without_a_guard_is_told_what_it_lacks(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_CREATE)
    made = tmp_path / "made"
    done = _python(str(script), str(made), env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert done.returncode == 1
    assert "SandboxError: The processes that make the sandbox's people ended" in done.stderr
    assert '`if __name__ == "__main__":`' in done.stderr
    assert list(made.iterdir()) == []


def test_the_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    """They hold the pipe that they inherited, so its end tells that all are gone."""
    command = [sys.executable, "-m", "connectors.sandbox", "create", "--people", "100000"]
    parent = subprocess.Popen(
        [*command, "--directory", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".sandbox-*/*.part")):
            assert time.monotonic() < deadline, "nobody began to work"
            time.sleep(0.05)
    finally:
        parent.kill()
    parent.communicate(timeout=30)
    assert not sandbox.exists(tmp_path)


@pytest.mark.parametrize("found", ["1", None])
def test_a_store_of_another_version_is_refused_with_what_to_do(
    tmp_path: Path, found: str | None
) -> None:
    sandbox.create(tmp_path, people=2)
    database = open_store(tmp_path)
    if found:
        database.execute("update meta set value = ? where key = 'format'", (found,))
    else:
        database.execute("delete from meta where key = 'format'")
    database.close()
    message = f"{tmp_path} was made by another version.*{found or 'unknown'}.*Delete that folder"
    for call in (
        lambda: sandbox.counts(tmp_path),
        lambda: sandbox.advance(tmp_path, 3),
        lambda: sandbox.serve(tmp_path),
        lambda: sandbox.write_truth(tmp_path, tmp_path / "truth.parquet"),
        lambda: sandbox.running(tmp_path).__enter__(),
    ):
        with pytest.raises(sandbox.SandboxError, match=message):
            call()


def test_the_format_changes_with_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    before = layout.store_format("create table one")
    assert layout.store_format("create table one") == before
    assert layout.store_format("create table two") != before
    shape = Shape({"id": "@@id@@"}, ("id",))
    monkeypatch.setitem(layout.STRIPE, "invoices", shape)
    assert layout.store_format("create table one") != before


@pytest.fixture(scope="module")
def two_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("population")
    sandbox.create(directory, people=2000, seed=3)
    return directory


def test_every_kind_of_mess_occurs(two_thousand: Path) -> None:
    mess = sandbox.mess(two_thousand)
    assert [kind for kind in KINDS if not mess.get(kind)] == []
    records = sum(1 for _ in _truth(two_thousand))
    assert mess["unlinkable"] < 0.02 * records


def _truth(directory: Path) -> list[tuple[str, str, str]]:
    database = open_store(directory, read_only=True)
    try:
        return database.execute("select source, record_id, person_id from truth").fetchall()
    finally:
        database.close()


def test_people_live_together_work_together_and_share_names(two_thousand: Path) -> None:
    people = _people(two_thousand)
    homes: dict[object, int] = {}
    names: dict[object, int] = {}
    firms: dict[int, int] = {}
    for person in people:
        homes[person.address] = homes.get(person.address, 0) + 1
        full = (person.origin, person.sex, person.given, person.family)
        names[full] = names.get(full, 0) + 1
        firms[person.company] = firms.get(person.company, 0) + 1
    assert max(homes.values()) >= 3
    assert 5 < sum(count > 1 for count in names.values()) < 100
    assert max(names.values()) < 10
    assert sum(count > 2 for no, count in firms.items() if no >= 0) > 20
    israeli = sum(person.country == "IL" for person in people) / len(people)
    assert 0.5 < israeli < 0.6
    assert {person.country for person in people} == {"IL", "US", "GB", "DE", "FR"}
    assert {person.behaviour for person in people} == set(BEHAVIOURS)


def _people(directory: Path) -> list[Person]:
    import orjson

    database = open_store(directory, read_only=True)
    try:
        rows = database.execute("select body from people order by no").fetchall()
    finally:
        database.close()
    return [Person.from_json(orjson.loads(body)) for (body,) in rows]


def test_every_number_of_a_person_is_valid(two_thousand: Path) -> None:
    for person in _people(two_thousand):
        for number in filter(None, (person.mobile, person.landline)):
            assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number


def test_every_number_in_a_record_reads_back_as_its_owners(vendors: Vendors) -> None:
    database = open_store(vendors.directory, read_only=True)
    companies = {
        number
        for (number,) in database.execute("select json_extract(body, '$.phone') from companies")
    }
    database.close()
    known = companies | {
        number
        for person in _people(vendors.directory)
        for number in (person.mobile, person.landline)
    }
    found = [
        (customer["phone"], (customer["address"] or {}).get("country"))
        for customer in vendors.stripe("customers")
    ]
    found += [(user["phone"], None) for user in vendors.cursor("users")]
    seen = 0
    for text, country in found:
        if text:
            seen += 1
            regions = [country] if country else ["IL", "US"]
            parsed = {
                phonenumbers.format_number(
                    phonenumbers.parse(text, region), phonenumbers.PhoneNumberFormat.E164
                )
                for region in regions
            }
            assert parsed & known, text
    assert seen > 20


def test_the_truth_names_each_live_person_record_once(vendors: Vendors, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "truth.parquet"
    written = sandbox.write_truth(vendors.directory, out)
    table = pq.read_table(out)
    assert table.column_names == ["source", "record_id", "person_id"]
    keys = list(zip(*(table[name].to_pylist() for name in ("source", "record_id")), strict=True))
    assert written == len(keys) == len(set(keys))
    served = {("stripe", customer["id"]) for customer in vendors.stripe("customers")}
    served |= {
        ("zendesk", str(user["id"]))
        for user in vendors.cursor("users")
        if user["role"] == "end-user" and user["active"]
    }
    served |= {
        ("mailchimp", f"{member['list_id']}:{member['id']}")
        for member in vendors.members()
        if member["status"] != "archived"
    }
    served |= {("hubspot", contact["id"]) for contact in vendors.hubspot("contacts")}
    assert set(keys) == served


def test_one_address_alone_does_not_tell_who_is_who(two_thousand: Path) -> None:
    """Joining equal addresses must be a start (F1 over .6) and no solution (under .8)."""
    database = open_store(two_thousand, read_only=True)
    contacts = database.execute(
        "select cast(id as text), json_extract(body, '$.email') from \"hubspot.contacts\""
    ).fetchall()
    members = database.execute(
        "select parent || ':' || id, json_extract(body, '$.email_address') "
        'from "mailchimp.members"'
    ).fetchall()
    customers = database.execute('select id, tag from "stripe.customers"').fetchall()
    users = database.execute(
        "select cast(id as text), json_extract(body, '$.email') from \"zendesk.users\""
    ).fetchall()
    database.close()
    truth = {(source, record): person for source, record, person in _truth(two_thousand)}
    emails = {
        (source, record): email.strip().lower()
        for source, rows in (
            ("hubspot", contacts),
            ("mailchimp", members),
            ("stripe", customers),
            ("zendesk", users),
        )
        for record, email in rows
        if email and (source, record) in truth
    }
    right = _pairs(truth.values())
    joined = _pairs(emails.values())
    both = _pairs((truth[key], email) for key, email in emails.items())
    assert 0.6 < 2 * both / (right + joined) < 0.8


def _pairs(values: Iterable[object]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(values).values())


@pytest.mark.parametrize("people", [1, 2, 7])
def test_the_smallest_sandboxes_work(tmp_path: Path, people: int) -> None:
    sandbox.create(tmp_path, people=people, seed=people)
    sandbox.advance(tmp_path, 40)
    assert sum(sum(streams.values()) for streams in sandbox.counts(tmp_path).values()) > 0
    assert sandbox.write_truth(tmp_path, tmp_path / "truth.parquet") > 0


def test_what_cannot_be_is_said_clearly(tmp_path: Path, vendors: Vendors) -> None:
    with pytest.raises(sandbox.SandboxError, match="at least 1 person"):
        sandbox.create(tmp_path, people=0)
    assert not sandbox.exists(tmp_path)
    for call in (
        lambda: sandbox.counts(tmp_path),
        lambda: sandbox.advance(tmp_path, 3),
        lambda: sandbox.serve(tmp_path),
        lambda: sandbox.running(tmp_path).__enter__(),
    ):
        with pytest.raises(sandbox.SandboxError, match="No sandbox in"):
            call()
    (tmp_path / "sandbox.sqlite").write_bytes(b"not a database, but long enough to be looked at")
    with pytest.raises(sandbox.SandboxError, match="not a readable sandbox"):
        sandbox.counts(tmp_path)
    port = int(vendors.url.rsplit(":", 1)[1])
    with (
        pytest.raises(sandbox.SandboxError, match=f"cannot listen on .*{port}"),
        sandbox.running(vendors.directory, port),
    ):
        raise AssertionError("two servers on one port")


def test_a_failed_creation_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.create(tmp_path, people=3)
    before = (tmp_path / "sandbox.sqlite").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generate, "add_indexes", full)
    with pytest.raises(sandbox.SandboxError, match="No space left"):
        sandbox.create(tmp_path, people=5)
    assert (tmp_path / "sandbox.sqlite").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["sandbox.sqlite"]


def test_the_command_line_tells_errors_without_a_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "connectors.sandbox", "serve", "--directory", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("No sandbox in")
