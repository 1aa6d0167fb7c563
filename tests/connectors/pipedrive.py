"""A small Pipedrive on loopback: cursors, updated_since, deleted deals, a token in a header.

It also takes `updated_until`, an end that belongs to the range.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from answering_vendor import Answer, Request

EXAMPLE = Path(__file__).parents[2] / "examples" / "pipedrive"
TOKEN = "pd-token-that-nobody-may-see"
PAGE = 2


@dataclass
class Pipedrive:
    """What the account holds; `refused` paths answer 403, `broken` ones what is given."""

    persons: list[dict[str, Any]] = field(default_factory=list)
    organizations: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    deals: list[dict[str, Any]] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    broken: dict[str, list[Answer]] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        stream = request.path.rsplit("/", 1)[-1]
        if request.headers.get("x-api-token") != TOKEN:
            said = f"no access with {request.headers.get('x-api-token')}"
            return Answer({"success": False, "error": said}, 401)
        if stream in self.refused:
            return Answer({"success": False, "error": "Scope and URL mismatch"}, 403)
        if self.broken.get(stream):
            return self.broken[stream].pop(0)
        if stream not in ("persons", "organizations", "users", "deals", "activities"):
            return Answer({"success": False, "error": "unknown"}, 404)
        records = getattr(self, stream)
        if stream == "users":
            return Answer({"success": True, "data": records})
        since = request.one("updated_since") or ""
        until = request.one("updated_until") or "9999"
        wanted = (request.one("status") or "open,won,lost").split(",")
        found = [
            record
            for record in records
            if since <= record.get("update_time", "") <= until
            and (stream != "deals" or record["status"] in wanted)
        ]
        start = int(request.one("cursor") or 0)
        end = start + min(PAGE, int(request.one("limit") or PAGE))
        following = str(end) if end < len(found) else None
        return Answer(
            {
                "success": True,
                "data": found[start:end],
                "additional_data": {"next_cursor": following},
            }
        )


def account() -> Pipedrive:
    """Three persons in two companies, with deals and activities."""
    return Pipedrive(
        persons=[
            person(1, "Dana Levi", ["dana@levi.example", "d.levi@work.example"], org_id=11),
            person(2, "Ron Katz", ["ron@katz.example"], org_id=12),
            person(3, "Gone Soon", ["gone@soon.example"]),
        ],
        organizations=[{"id": 11, "name": "Levi & Sons"}, {"id": 12, "name": "Katz Ltd"}],
        users=[{"id": 900, "name": "Sally Seller"}],
        deals=[
            deal(21, 1, "Big deal", value=1250.5),
            deal(22, 2, "Won deal", status="won", won_time="2026-02-03T10:00:00Z"),
            deal(23, 2, "Lost deal", status="lost", lost_time="2026-02-04T10:00:00Z"),
        ],
        activities=[
            activity(31, [1], "Kick-off call", note="<p>She is <b>in</b></p>"),
            activity(32, [1, 2], "Lunch", type="lunch", due_time=""),
            activity(33, [2], "Send papers", type="deadline"),
        ],
    )


def person(number: int, name: str, emails: list[str], **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "emails": [{"value": email, "primary": n == 0} for n, email in enumerate(emails)],
        "phones": [{"value": f"+9725012345{number:02}", "label": "work"}],
        "add_time": "2026-01-01T08:00:00Z",
        "update_time": "2026-01-02T08:00:00Z",
        "is_deleted": False,
        "custom_fields": {"0b1c2d": f"shoe size {40 + number}"},
        **more,
    }


def deal(number: int, person_id: int, title: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "person_id": person_id,
        "owner_id": 900,
        "title": title,
        "value": 100,
        "currency": "EUR",
        "status": "open",
        "add_time": "2026-02-01T08:00:00Z",
        "update_time": "2026-02-05T08:00:00Z",
        **more,
    }


def activity(number: int, people: list[int], subject: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "call",
        "subject": subject,
        "due_date": "2026-03-01",
        "due_time": "09:30:00",
        "participants": [{"person_id": one} for one in people],
        "owner_id": 900,
        "add_time": "2026-02-01T08:00:00Z",
        "update_time": "2026-02-05T08:00:00Z",
        **more,
    }


def example_copy(folder: Path) -> Path:
    """The guide's example, to be changed by a test."""
    target = folder / "pipedrive"
    shutil.copytree(EXAMPLE, target)
    return target


def changed(file: Path, change: Any) -> None:
    """Change a YAML file by a function that changes its content in place."""
    content = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(change(content) or content, sort_keys=False))
