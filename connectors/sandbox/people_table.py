"""The people's records as one flat table, without the 24 months of history around them.

These are the records, to the letter, that `create` with the same people, seed and day serves
through the four vendors' APIs, in the columns that `kesher match` takes. A million of them take
seconds, since nothing that happened to them is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import SandboxError
from .generate import Plan, chunk_numbers, draw_chunk, plan_of, side_by_side
from .hubspot_objects import contact_properties, object_times
from .mailchimp_objects import campaigns_between, member_language, merge_fields
from .population import Company, Person
from .registrar import Entry, Registrar, account_number, mailbox_person_id, record_id
from .stripe_records import address_json, preferred_locales
from .zendesk_objects import ORGANIZATION_BASE, locale_of, organization_name, user_name

_TIMES = ("first_seen_at", "updated_at")
SCHEMA = pa.schema(
    [
        pa.field(name, pa.timestamp("us") if name in _TIMES else pa.string())
        for name in (
            "source",
            "record_id",
            "full_name",
            "given_name",
            "family_name",
            "email",
            "other_emails",
            "phone",
            "other_phone",
            "street",
            "city",
            "region",
            "postcode",
            "country",
            "company",
            "job_title",
            "birth_date",
            "gender",
            "language",
            *_TIMES,
        )
    ]
)
TRUTH_SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in ("source", "record_id", "person_id")]
)

_Record = dict[str, Any]


def write_people(
    out: Path,
    people: int = 2000,
    seed: int = 7,
    until: date = date(2026, 6, 30),
    truth: Path | None = None,
) -> int:
    """Write the records as Parquet and return how many.

    As with `create`, many people are made by several processes, so a script of your own needs
    `if __name__ == "__main__":` around the call.

    Args:
        out: The file of records.
        people: Number of people.
        seed: Seed of the population.
        until: The day on which the sandbox stands.
        truth: A second file, of source, record_id and person_id, in the same order.

    Raises:
        SandboxError: The request cannot be met or a file cannot be written.
    """
    plan = plan_of(people, seed, until)
    written = 0
    files = [out] if truth is None else [out, truth]
    beside = [path.with_name(f".{path.name}.part") for path in files]
    try:
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            writers = [
                stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
                for path, schema in zip(beside, (SCHEMA, TRUTH_SCHEMA), strict=False)
            ]
            jobs = [(plan, numbers) for numbers in chunk_numbers(plan)]
            for tables in side_by_side(_tables, jobs):
                for writer, table in zip(writers, tables, strict=False):
                    writer.write_table(table)
                written += tables[0].num_rows
        for path, target in zip(beside, files, strict=True):
            path.replace(target)
    except OSError as error:
        raise SandboxError(f"Could not write the people to {out}: {error}.") from error
    finally:
        for path in beside:
            with suppress(OSError):  # not there any more, or its folder never was
                path.unlink()
    return written


def _tables(job: tuple[Plan, list[int]]) -> tuple[pa.Table, pa.Table]:
    plan, chunks = job
    records: list[_Record] = []
    truths: list[_Record] = []
    for chunk in chunks:
        for person_id, record in _records(plan, chunk):
            records.append(record)
            truths.append(
                {
                    "source": record["source"],
                    "record_id": record["record_id"],
                    "person_id": person_id,
                }
            )
    return (
        pa.Table.from_pylist(records, SCHEMA),
        pa.Table.from_pylist(truths, TRUTH_SCHEMA),
    )


def _records(plan: Plan, chunk: int) -> Iterator[tuple[str, _Record]]:
    drawn = draw_chunk(plan, chunk)
    companies = {company.no: company for company in drawn.companies}
    campaigns = campaigns_between(plan.start, plan.start, plan.end)
    registrar = Registrar(drawn.rng, drawn.companies, campaigns, plan.start, plan.end)
    for office in registrar.offices():
        for entry in office.entries:
            yield mailbox_person_id(office.company), _record(office.holder, entry, companies)
    for person in drawn.people:
        for entry in registrar.entries(person, drawn.relative(person)):
            yield person.id, _record(person, entry, companies)


def _record(person: Person, entry: Entry, companies: dict[int, Company]) -> _Record:
    """Return a record as its vendor's staging model reads it."""
    identity = record_id(person.no, entry)
    if entry.system == "stripe":
        said = _stripe(person, entry)
    elif entry.system == "zendesk":
        said = _zendesk(entry, companies)
    elif entry.system == "mailchimp":
        said = _mailchimp(entry)
    else:
        said = _hubspot(entry, int(identity))
    return {
        "source": entry.system,
        "record_id": str(identity),
        "first_seen_at": _time(entry.created * 1000),
        "updated_at": _time(entry.updated * 1000),
        # Staging makes no difference between what is empty and what is not there.
        **{name: value or None for name, value in said.items()},
    }


def _stripe(person: Person, entry: Entry) -> _Record:
    view = entry.view
    address = address_json(view) or {}
    languages = preferred_locales(view, account_number(person.no, entry))
    return {
        "full_name": view.name,
        "email": view.email,
        "phone": view.phone,
        "street": _lines(address.get("line1"), address.get("line2")),
        "city": address.get("city"),
        "region": address.get("state"),
        "postcode": address.get("postal_code"),
        "country": address.get("country"),
        "language": languages[0] if languages else None,
    }


def _zendesk(entry: Entry, companies: dict[int, Company]) -> _Record:
    view = entry.view
    employer = companies.get(entry.organization - ORGANIZATION_BASE)
    return {
        "full_name": user_name(view),
        "email": view.email.strip(),
        "phone": view.phone,
        "company": organization_name(employer) if employer else None,
        "language": locale_of(view),
    }


def _mailchimp(entry: Entry) -> _Record:
    view = entry.view
    fields = merge_fields(view)
    address = fields["ADDRESS"] or {}
    return {
        "full_name": view.name,
        "given_name": fields["FNAME"],
        "family_name": fields["LNAME"],
        "email": view.email.strip(),
        "phone": fields["PHONE"],
        "street": _lines(address.get("addr1"), address.get("addr2")),
        "city": address.get("city"),
        "region": address.get("state"),
        "postcode": address.get("zip"),
        "country": address.get("country"),
        "company": fields["COMPANY"],
        "birth_date": fields["BIRTHDAY"],
        "language": member_language(view),
    }


def _hubspot(entry: Entry, identity: int) -> _Record:
    properties = contact_properties(entry.view, entry.second_email)
    created, updated = object_times(identity, entry.created, entry.updated)
    return {
        "given_name": properties["firstname"],
        "family_name": properties["lastname"],
        "email": properties["email"],
        "other_emails": properties["hs_additional_emails"],
        "phone": properties["phone"],
        "other_phone": properties["mobilephone"],
        "street": properties["address"],
        "city": properties["city"],
        "region": properties["state"],
        "postcode": properties["zip"],
        "country": properties["country"],
        "company": properties["company"],
        "job_title": properties["jobtitle"],
        "birth_date": properties["date_of_birth"],
        "language": properties["hs_language"],
        "first_seen_at": _time(created),
        "updated_at": _time(updated),
    }


def _lines(first: str | None, second: str | None) -> str:
    return ", ".join(line for line in (first, second) if line)


def _time(milliseconds: int) -> int:
    return milliseconds * 1000  # of the microseconds that the column counts
