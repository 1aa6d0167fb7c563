"""The guide's example from `kesher.yml` to the timeline, beside a Stripe account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from answering_vendor import serve
from pipedrive import TOKEN, Pipedrive, account, changed, example_copy, person

from connectors import sandbox


@dataclass
class Place:
    """A folder with the example, its kesher.yml, and what `kesher` makes of them."""

    root: Path
    vendor: Pipedrive
    stripe_key: str
    printed: str = ""

    @property
    def folder(self) -> Path:
        return self.root / "pipedrive"

    def kesher(self, *arguments: str, code: int = 0, token: str = TOKEN) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "kesher", *arguments],
            capture_output=True,
            text=True,
            cwd=self.root,
            env={
                **os.environ,
                "PIPEDRIVE_TOKEN": token,
                "STRIPE_KEY": self.stripe_key,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == code, output
        self.printed += output
        return output

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        warehouse = self.root / "data" / "warehouse.duckdb"
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Both accounts synced and built once; the tests go on from there, in their order."""
    root = tmp_path_factory.mktemp("mapped")
    vendor = account()
    sandbox.create(root / "sandbox", people=40, seed=11)
    with sandbox.running(root / "sandbox") as stripe_url, serve(vendor.answer) as server:
        stripe = sandbox.source_configs(stripe_url)["stripe"]
        example_copy(root)
        content = yaml.safe_load((root / "pipedrive" / "kesher.yml").read_text())
        mapped = content["sources"]["pipedrive"]
        mapped["folder"] = "pipedrive"
        mapped["settings"]["base_url"] = server.base_url
        content["sources"]["stripe"] = {**stripe, "client_secret": "${STRIPE_KEY}"}
        (root / "kesher.yml").write_text(yaml.safe_dump(content))
        place = Place(root, vendor, stripe["client_secret"])
        place.kesher("sync", "--source", "stripe")
        # The people of both systems: Pipedrive knows one of Stripe's customers too.
        lake = root / "data" / "lake" / "stripe" / "customers" / "*.parquet"
        name, email = duckdb.execute(
            f"select _airbyte_data->>'name', _airbyte_data->>'email' from '{lake}' "
            "where _airbyte_data->>'email' is not null and _airbyte_data->>'name' is not null "
            "order by 2 limit 1"
        ).fetchone() or ("", "")
        vendor.persons.append(person(4, name, ["another@box.example", email], org_id=11))
        vendor.deals[0]["person_id"] = 4
        place.kesher("run")
        yield place


def events(place: Place) -> list[tuple[Any, ...]]:
    return place.rows(
        """
        select
            timeline.kind, timeline.title, timeline.detail, timeline.amount, timeline.currency,
            timeline.staff_name, cast(timeline.happened_at as varchar), identities.record_id
        from marts.customer_timeline as timeline
        inner join marts.customer_identities as identities
            on identities.customer_id = timeline.customer_id and identities.source = 'pipedrive'
        where timeline.source = 'pipedrive' and timeline.kind <> 'customer_created'
        order by timeline.happened_at, timeline.title, identities.record_id
        """
    )


@pytest.mark.slow
def test_a_person_of_both_systems_is_one_customer(place: Place) -> None:
    assert place.rows(
        """
        select list_sort(list(distinct source)) from marts.customer_identities
        where customer_id in (
            select customer_id from marts.customer_identities
            where source = 'pipedrive' and record_id = '4'
        )
        """
    ) == [(["pipedrive", "stripe"],)]
    assert place.rows(
        "select record_id, company, other_emails from identity.int_identity__incoming_people "
        "where source = 'pipedrive' order by record_id limit 3"
    ) == [
        ("1", "Levi & Sons", "d.levi@work.example"),
        ("2", "Katz Ltd", None),
        ("3", None, None),
    ]


@pytest.mark.slow
def test_events_stand_in_the_timeline_of_their_people(place: Place) -> None:
    staff = "Sally Seller"
    created = "2026-02-01 08:00:00"
    assert [(*row[:3], row[3] and float(row[3]), *row[4:]) for row in events(place)] == [
        ("deal_created", "Big deal", None, 1250.5, "eur", staff, created, "4"),
        ("deal_created", "Lost deal", None, 100.0, "eur", staff, created, "2"),
        ("deal_created", "Won deal", None, 100.0, "eur", staff, created, "2"),
        ("deal_closed", "Won deal", "won", 100.0, "eur", staff, "2026-02-03 10:00:00", "2"),
        ("deal_closed", "Lost deal", "lost", 100.0, "eur", staff, "2026-02-04 10:00:00", "2"),
        ("meeting", "Lunch", None, None, None, staff, "2026-03-01 00:00:00", "1"),
        ("meeting", "Lunch", None, None, None, staff, "2026-03-01 00:00:00", "2"),
        ("call", "Kick-off call", "She is in", None, None, staff, "2026-03-01 09:30:00", "1"),
        ("task", "Send papers", None, None, None, staff, "2026-03-01 09:30:00", "2"),
    ]


@pytest.mark.slow
def test_what_is_not_mapped_is_in_the_lake_and_can_be_asked_for(place: Place) -> None:
    assert place.rows(
        "select record_json->>'$.custom_fields.0b1c2d' from staging.stg_mapped__people "
        "where record_id = '1'"
    ) == [("shoe size 41",)]


@pytest.mark.slow
def test_status_counts_each_stream_once(place: Place) -> None:
    told = json.loads(place.kesher("status", "--json"))
    assert told["records"]["pipedrive"] == {
        "persons": 4,
        "organizations": 2,
        "users": 1,
        "deals": 3,
        "activities": 3,
    }


@pytest.mark.slow
def test_a_changed_mapping_counts_from_the_next_build_without_a_sync(place: Place) -> None:
    def change(mapping: dict[str, Any]) -> None:
        mapping["people"][0]["job_title"] = "custom_fields.0b1c2d"
        mapping["events"] = mapping["events"][2:]
        mapping["events"][0]["kind"]["cases"]["deadline"] = "note"

    before = (place.folder / "mapping.yaml").read_text()
    changed(place.folder / "mapping.yaml", change)
    marts = ["stg_mapped__people", "int_identity__incoming_people", "customer_timeline"]
    place.kesher("build", "--select", f"{' '.join(marts)} stg_mapped__events")
    assert {row[0] for row in events(place)} == {"call", "meeting", "note"}
    assert place.rows(
        "select job_title from identity.int_identity__incoming_people "
        "where source = 'pipedrive' and record_id = '2'"
    ) == [("shoe size 42",)]
    (place.folder / "mapping.yaml").write_text(before)


@pytest.mark.slow
def test_changes_deletions_and_a_lost_warehouse(place: Place) -> None:
    vendor = place.vendor
    vendor.persons = [one for one in vendor.persons if one["id"] != 3]
    vendor.deals[2].update(status="deleted", update_time="2026-02-07T08:00:00Z")
    vendor.deals[0].update(title="Bigger deal", update_time="2026-02-07T08:00:00Z")
    (place.root / "data" / "warehouse.duckdb").unlink()
    place.kesher("sync", "--source", "pipedrive")
    place.kesher("build")
    assert place.rows(
        "select record_id from marts.customer_identities where source = 'pipedrive' order by all"
    ) == [("1",), ("2",), ("4",)]
    assert [row[1] for row in events(place) if row[0].startswith("deal")] == [
        "Bigger deal",
        "Won deal",
        "Won deal",
    ]


@pytest.mark.slow
def test_the_token_is_nowhere(place: Place) -> None:
    assert "✓ pipedrive      answers, the key is good" in place.kesher("doctor")
    wrong = "some-other-secret-token"
    told = place.kesher("sync", "--source", "pipedrive", token=wrong, code=1)
    assert "pipedrive" in told
    assert "`settings.api_token`" in told
    assert "***" in told
    everything = place.printed.encode()
    for file in (place.root / "data").rglob("*"):
        if file.is_file():
            everything += file.read_bytes()
    assert TOKEN.encode() not in everything
    assert wrong.encode() not in everything
