"""A small published generation: a review queue and the records that it is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import yaml

MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts" / "customers"

#: Two customers each, the last one inside a single customer. Left and right as the mart has them.
QUEUE = [
    ("near", "stripe:s1", "kc_1", "zendesk:z1", "kc_2", 2.0, 9.0, "phone: same"),
    ("cut", "stripe:s3", "kc_3", "zendesk:z2", "kc_2", 7.0, 5.0, "email: same"),
    ("weak", "mailchimp:l:m4", "kc_4", "stripe:s4", "kc_4", 4.0, 0.0, "given_name: same"),
]
#: Records beside those of the queue, with their customers.
OTHERS = [("crm:c1", "kc_1"), ("crm:c2", "kc_2"), ("crm:ש 5", "kc_5")]
PERSONS = {"stripe:s1": "דנה לוי", "zendesk:z1": "Dana [bold]Levi[/]\x1b[31m\nRoot"}


def publish(data_dir: Path, *, with_queue: bool = True) -> Path:
    """Write a generation and point to it; return its file."""
    serving = data_dir / "serving"
    serving.mkdir(parents=True, exist_ok=True)
    file = serving / "g1.duckdb"
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        for mart in ("match_review_queue", "customer_identities", "customer_attributes"):
            if with_queue or mart != "match_review_queue":
                _create(connection, mart)
        records: dict[str, str] = dict(OTHERS)
        for position, row in enumerate(QUEUE, 1):
            reason, left, left_customer, right, right_customer, weight, value, evidence = row
            records |= {left: left_customer, right: right_customer}
            if with_queue:
                _insert(
                    connection,
                    "match_review_queue",
                    queue_position=position,
                    reason=reason,
                    left_customer_id=left_customer,
                    right_customer_id=right_customer,
                    **_sides(left, right),
                    value=value,
                    match_weight=weight,
                    match_probability=0.8,
                    pair_count=1,
                    explanation=f"{evidence} and more",
                    evidence_against="different e-mail" if position == 1 else None,
                    evidence=evidence,
                    prior_weight=-16.0,
                    phone_weight=18.0 if position == 1 else 0.0,
                    left_paid="120.00 usd" if position == 1 else None,
                )
        for record, customer in records.items():
            source, _, record_id = record.partition(":")
            name = PERSONS.get(record)
            key = {"source": source, "record_id": record_id, "customer_id": customer}
            _insert(connection, "customer_identities", **key, record_name=name)
            for city in ("Haifa", "Tel Aviv") if record == "stripe:s1" else ():
                _insert(connection, "customer_attributes", **key, attribute="city", value=city)
    (serving / "current.json").write_text(json.dumps({"generation": "g1", "file": file.name}))
    return file


def _sides(left: str, right: str) -> dict[str, Any]:
    sides = {}
    for side, record in (("left", left), ("right", right)):
        sides[f"{side}_source"], _, sides[f"{side}_record_id"] = record.partition(":")
        sides[f"{side}_name"] = PERSONS.get(record)
        sides[f"{side}_email"] = f"{side}@example.com"
    return sides


def _create(connection: duckdb.DuckDBPyConnection, mart: str) -> None:
    described = yaml.safe_load((MARTS / f"{mart}.yml").read_text(encoding="utf-8"))
    columns = ", ".join(
        f'"{column["name"]}" {column["data_type"]}' for column in described["models"][0]["columns"]
    )
    connection.execute(f'create table "{mart}" ({columns})')


def _insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
