"""Zendesk's API v2 over the store."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, NoReturn
from urllib.parse import urlencode

import orjson

from .accounts import ZENDESK_EMAIL, ZENDESK_TOKEN
from .calendar_time import iso
from .http_call import Answer, Call, Handler, VendorError, credentials, integer, json_answer
from .store import read_meta
from .zendesk_custom_objects import custom_object_records, custom_objects
from .zendesk_derived import deleted_tickets, metric_sets, organization_memberships, tags
from .zendesk_objects import COMMENT, SHAPES
from .zendesk_settings import (
    group_memberships,
    groups,
    organization_fields,
    ticket_fields,
    user_fields,
    with_custom_values,
)

_SINGULAR = {
    "users": "user",
    "organizations": "organization",
    "tickets": "ticket",
    "satisfaction_ratings": "satisfaction_rating",
}
_SETTINGS = {
    "groups": groups,
    "group_memberships": group_memberships,
    "ticket_fields": ticket_fields,
    "user_fields": user_fields,
    "organization_fields": organization_fields,
}
_LONGEST_LIST = 100
# Status and name of the error for a start within the last minute.
_CURSOR_REFUSAL = (400, "StartTimeTooRecent")
_TIME_REFUSAL = (422, "InvalidValue")


def authorize(call: Call) -> None:
    """Refuse a wrong token as Zendesk does."""
    scheme, user, password = credentials(call)
    if (scheme, user, password) != ("basic", f"{ZENDESK_EMAIL}/token", ZENDESK_TOKEN):
        raise VendorError(
            401,
            {"error": "Couldn't authenticate you"},
            {"www-authenticate": 'Basic realm="Web Password"'},
        )


def unknown(_call: Call) -> Answer:
    """Refuse a path that does not exist."""
    raise VendorError(404, {"error": "InvalidEndpoint", "description": "Not found"})


def _invalid(description: str) -> NoReturn:
    raise VendorError(400, {"error": "InvalidValue", "description": description})


def _wrong_page(code: str, title: str) -> NoReturn:
    """Refuse a page; Zendesk lists these errors, unlike all others."""
    raise VendorError(400, {"errors": [{"code": code, "title": title}]})


def _bodies(stream: str, rows: Iterable[tuple[Any, ...]]) -> bytes:
    return b",".join(_whole_bodies(stream, rows))


def _whole_bodies(stream: str, rows: Iterable[tuple[Any, ...]]) -> list[bytes]:
    shape = SHAPES.get(stream)
    bodies = [shape.expand(row[0]) if shape else row[0] for row in rows]
    if stream in ("users", "organizations", "tickets"):
        return [with_custom_values(stream, body) for body in bodies]
    return bodies


def _start_time(call: Call, refusal: tuple[int, str]) -> int:
    """Return where an export starts; `refusal` is status and name of the error for the last minute.

    Cursor exports and time-based ones refuse it in different ways.
    """
    text = call.query.get("start_time")
    start = integer(text, 0)
    if text is None or start is None or start < 0:
        _invalid("Invalid attribute: start_time is required, in Unix epoch seconds")
    if start > call.now - 60:
        status, title = refusal
        description = "Too recent start_time. Use a start_time older than 60 seconds"
        raise VendorError(status, {"error": title, "description": description})
    return start


def _per_page(call: Call, most: int = 1000) -> int:
    size = integer(call.query.get("per_page"), most)
    if size is None or size < 1:
        _invalid("per_page is not a valid page size")
    return min(size, most)  # larger values are lowered, not refused


def _encode_cursor(*parts: int) -> str:
    return base64.urlsafe_b64encode("|".join(map(str, parts)).encode()).decode().rstrip("=")


def _decode_cursor(text: str, parts: int) -> list[int]:
    try:
        values = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("|")
        if len(values) != parts:
            raise ValueError(text)
        return [int(value) for value in values]
    except (ValueError, binascii.Error):
        _wrong_page("InvalidPaginationParameter", "Invalid cursor")


def cursor_export(call: Call) -> Answer:
    """Answer an incremental cursor export: everything by time of change, deleted ones too."""
    stream = call.params["stream"]
    if stream not in ("users", "tickets"):
        return unknown(call)
    size = _per_page(call)
    cursor = call.query.get("cursor")
    if cursor:
        updated, identity = _decode_cursor(cursor, 2)
    else:
        updated, identity = _start_time(call, _CURSOR_REFUSAL), -1
    rows = call.database.execute(
        f'select body, updated, id from "zendesk.{stream}" where (updated, id) > (?, ?) '  # noqa: S608
        "order by updated, id limit ?",
        (updated, identity, size + 1),
    ).fetchall()
    more, rows = len(rows) > size, rows[:size]
    if rows:
        updated, identity = rows[-1][1:]
    after = _encode_cursor(updated, identity)
    query = urlencode({"cursor": after, "per_page": size})
    tail = {
        "after_url": f"{call.base_url}/api/v2/incremental/{stream}/cursor.json?{query}",
        "after_cursor": after,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": not more,
    }
    bodies = _whole_bodies(stream, rows)
    if stream == "tickets" and "metric_sets" in call.query.get("include", "").split(","):
        bodies = _with_metric_sets(call, bodies, rows)
    return Answer(b'{"%b":[%b],' % (stream.encode(), b",".join(bodies)) + orjson.dumps(tail)[1:])


def _with_metric_sets(call: Call, bodies: list[bytes], rows: list[tuple[Any, ...]]) -> list[bytes]:
    found = metric_sets(call.database, rows)
    return [
        b'%b,"metric_set":%b}' % (body[:-1], orjson.dumps(found.get(row[2])))
        for body, row in zip(bodies, rows, strict=True)
    ]


def _time_page(call: Call, table: str, size: int, start: int) -> tuple[list[tuple[Any, ...]], bool]:
    """Return rows changed since `start`, and whether they are the last.

    A page never ends within one second: the next one starts at that second, so it would not get on.
    """
    rows = call.database.execute(
        f'select body, updated, id, parent from "zendesk.{table}" where updated >= ? '  # noqa: S608
        "order by updated, id limit ?",
        (start, size),
    ).fetchall()
    if len(rows) < size:
        return rows, True
    updated, identity = rows[-1][1], rows[-1][2]
    rows += call.database.execute(
        f'select body, updated, id, parent from "zendesk.{table}" '  # noqa: S608
        "where updated = ? and id > ? order by id",
        (updated, identity),
    ).fetchall()
    (more,) = call.database.execute(
        f'select exists(select 1 from "zendesk.{table}" where updated > ?)',  # noqa: S608
        (updated,),
    ).fetchone()
    return rows, not more


def _time_tail(call: Call, path: str, rows: list[tuple[Any, ...]], last: bool, size: int) -> bytes:
    end = rows[-1][1] if rows else None
    query = {**dict(call.query), "start_time": end, "per_page": size}
    tail = {
        "next_page": f"{call.base_url}{path}?{urlencode(query)}" if rows else None,
        "count": len(rows),
        "end_of_stream": last,
        "end_time": end,
    }
    return orjson.dumps(tail)[1:]


def organizations_export(call: Call) -> Answer:
    """Answer the time-based export; the record on the boundary comes again on the next page."""
    size = _per_page(call)
    rows, last = _time_page(call, "organizations", size, _start_time(call, _TIME_REFUSAL))
    path = "/api/v2/incremental/organizations.json"
    return Answer(
        b'{"organizations":[%b],' % _bodies("organizations", rows)
        + _time_tail(call, path, rows, last, size)
    )


def ticket_events(call: Call) -> Answer:
    """Answer the export of ticket events; comments are child events if they are asked for."""
    size = _per_page(call)
    rows, last = _time_page(call, "ticket_comments", size, _start_time(call, _TIME_REFUSAL))
    with_comments = "comment_events" in call.query.get("include", "").split(",")
    events = []
    for body, created, _identity, ticket in rows:
        values = COMMENT.values(body)
        child = (
            b'{"event_type":"Comment","via_reference_id":null,%b' % COMMENT.expand(body)[1:]
            if with_comments
            else b""
        )
        events.append(
            b'{"child_events":[%b],"id":%b,"ticket_id":%d,"timestamp":%d,"created_at":"%b",'
            b'"updater_id":%b,"via":"%b","system":{},"metadata":{},"event_type":"Audit"}'
            % (
                child,
                values["audit"],
                ticket,
                created,
                values["created"],
                values["author"],
                values["channel"],
            )
        )
    path = "/api/v2/incremental/ticket_events.json"
    return Answer(
        b'{"ticket_events":[%b],' % b",".join(events) + _time_tail(call, path, rows, last, size)
    )


def listing(call: Call) -> Answer:
    """Answer a plain list, by cursor (`page[size]`) or by page number."""
    stream = call.params["stream"]
    if stream not in _SINGULAR:
        return unknown(call)
    where = "deleted = 0"
    values: list[Any] = []
    if stream == "satisfaction_ratings":
        for name, sign in (("start_time", ">="), ("end_time", "<=")):
            moment = integer(call.query.get(name), -1)
            if moment is None:
                _invalid(f"{name} is not a Unix epoch time")
            if moment >= 0:
                where += f" and updated {sign} ?"
                values.append(moment)
        score = call.query.get("score", "")
        if score.startswith(("good", "bad")):
            where += " and tag = ?"
            values.append(score.partition("_")[0])
    if stream == "users" and "role" in call.query:
        where += " and tag = ?"
        values.append(call.query["role"])
    return _listed(call, stream, f"/api/v2/{stream}.json", where, values, {})


def _listed(
    call: Call, stream: str, path: str, where: str, values: list[Any], extra: dict[str, Any]
) -> Answer:
    tail: dict[str, Any]
    query: dict[str, Any]
    key = "comments" if stream == "ticket_comments" else stream
    select = f'select body, id from "zendesk.{stream}" where {where}'  # noqa: S608
    if "page[size]" in call.query:
        size = integer(call.query["page[size]"], 100)
        if size is None or not 1 <= size <= 100:
            _wrong_page("InvalidPaginationParameter", "page[size] must be from 1 to 100")
        after = call.query.get("page[after]")
        last = _decode_cursor(after, 1)[0] if after else -1
        rows = call.database.execute(
            f"{select} and id > ? order by id limit ?", (*values, last, size + 1)
        ).fetchall()
        more, rows = len(rows) > size, rows[:size]
        cursor = _encode_cursor(rows[-1][1]) if rows else None
        query = {**dict(call.query), "page[after]": cursor}
        tail = {
            **extra,
            "meta": {"has_more": more, "after_cursor": cursor, "before_cursor": None},
            "links": {
                "next": f"{call.base_url}{path}?{urlencode(query)}" if more else None,
                "prev": None,
            },
        }
    else:
        size = _per_page(call, 100)
        page = integer(call.query.get("page"), 1)
        if page is None or page < 1:
            _wrong_page("InvalidPaginationParameter", "page must be an integer of at least 1")
        if page * size > 10_000:
            _wrong_page(
                "InvalidPaginationDepth",
                "Pagination requests using Offset Pagination are limited to 10,000 records",
            )
        (count,) = call.database.execute(
            f'select count(*) from "zendesk.{stream}" where {where}',  # noqa: S608
            values,
        ).fetchone()
        rows = call.database.execute(
            f"{select} order by id limit ? offset ?", (*values, size, (page - 1) * size)
        ).fetchall()
        query = {**dict(call.query), "page": page + 1}
        more = page * size < count
        tail = {
            **extra,
            "next_page": f"{call.base_url}{path}?{urlencode(query)}" if more else None,
            "previous_page": None,
            "count": count,
        }
    return Answer(b'{"%b":[%b],' % (key.encode(), _bodies(stream, rows)) + orjson.dumps(tail)[1:])


def short_list(call: Call) -> Answer:
    """Answer with what administrators set up, or with the tags."""
    stream = call.path.removeprefix("/api/v2/").removesuffix(".json")
    if stream == "tags":
        records = tags(call.database)
    elif stream == "deleted_tickets":
        records = deleted_tickets(call.database, call.now)
    else:
        records = _SETTINGS[stream](_made(call))
    size, after = _list_place(call)
    page = records[after : after + size]
    more = after + size < len(records)
    return _list_page(call, stream, page, after + len(page), more)


def memberships(call: Call) -> Answer:
    """Answer with the memberships of users in organizations."""
    size, after = _list_place(call)
    found = organization_memberships(call.database, after, size + 1)
    last = found[:size][-1]["id"] if found else after
    stream = "organization_memberships"
    return _list_page(call, stream, found[:size], last, len(found) > size)


def list_custom_objects(call: Call) -> Answer:
    """Answer with the custom objects, all at once."""
    return json_answer({"custom_objects": custom_objects(_made(call))})


def records_of_custom_object(call: Call) -> Answer:
    """Answer with the records of one custom object, by cursor only."""
    key = call.params["key"]
    if all(key != each["key"] for each in custom_objects(_made(call))):
        raise VendorError(404, {"error": "RecordNotFound", "description": "Not found"})
    size, after = _list_place(call)
    found = custom_object_records(call.database, _made(call), key, after, size + 1)
    page = [record for _, record in found[:size]]
    last = found[:size][-1][0] if found else after
    return _list_page(call, "custom_object_records", page, last, len(found) > size)


def _made(call: Call) -> int:
    return int(read_meta(call.database)["start"])


def _list_place(call: Call) -> tuple[int, int]:
    size = integer(call.query.get("page[size]"), _LONGEST_LIST)
    if size is None or not 1 <= size <= _LONGEST_LIST:
        _wrong_page("InvalidPaginationParameter", "page[size] must be from 1 to 100")
    after = call.query.get("page[after]")
    return size, _decode_cursor(after, 1)[0] if after else 0


def _list_page(
    call: Call, stream: str, records: list[dict[str, Any]], last: int, more: bool
) -> Answer:
    cursor = _encode_cursor(last) if records else None
    query = urlencode({**dict(call.query), "page[after]": cursor})
    link = f"{call.base_url}{call.path}?{query}" if more else None
    meta = {"has_more": more, "after_cursor": cursor, "before_cursor": None}
    links = {"next": link, "prev": None}
    return json_answer({stream: records, "meta": meta, "links": links})


def ticket_metrics(call: Call) -> Answer:
    """Answer with the measures of one ticket."""
    row = _find(call, "tickets", call.params["id"])
    return json_answer({"ticket_metric": metric_sets(call.database, [row])[row[1]]})


def ticket_comments(call: Call) -> Answer:
    """Answer with the comments of one ticket."""
    ticket = _find(call, "tickets", call.params["id"])
    path = f"/api/v2/tickets/{ticket[1]}/comments.json"
    return _listed(call, "ticket_comments", path, "parent = ?", [ticket[1]], {})


def _find(call: Call, stream: str, text: str) -> tuple[bytes, int]:
    identity = integer(text.removesuffix(".json"), -1)
    row = call.database.execute(
        f'select body, id from "zendesk.{stream}" where id = ?',  # noqa: S608
        (identity if identity is not None else -1,),
    ).fetchone()
    if row is None or (stream == "tickets" and b"\x1fdeleted\x1f" in row[0]):
        raise VendorError(404, {"error": "RecordNotFound", "description": "Not found"})
    found: tuple[bytes, int] = row
    return found


def get_object(call: Call) -> Answer:
    """Answer a request for one object."""
    stream = call.params["stream"]
    if stream not in _SINGULAR:
        return unknown(call)
    row = _find(call, stream, call.params["id"])
    return Answer(b'{"%b":%b}' % (_SINGULAR[stream].encode(), _bodies(stream, [row])))


def me(call: Call) -> Answer:
    """Answer with the user whose token it is."""
    user = {
        "id": 9_000_000,
        "name": "Sandbox Admin",
        "email": ZENDESK_EMAIL,
        "role": "admin",
        "active": True,
        "created_at": iso(call.now),
        "updated_at": iso(call.now),
    }
    return json_answer({"user": user})


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/v2/users/me.json", me),
    ("GET", "/api/v2/incremental/{stream}/cursor.json", cursor_export),
    ("GET", "/api/v2/incremental/{stream}/cursor", cursor_export),
    ("GET", "/api/v2/incremental/organizations.json", organizations_export),
    ("GET", "/api/v2/incremental/organizations", organizations_export),
    ("GET", "/api/v2/incremental/ticket_events.json", ticket_events),
    ("GET", "/api/v2/incremental/ticket_events", ticket_events),
    ("GET", "/api/v2/tickets/{id}/comments.json", ticket_comments),
    ("GET", "/api/v2/tickets/{id}/comments", ticket_comments),
    ("GET", "/api/v2/tickets/{id}/metrics.json", ticket_metrics),
    ("GET", "/api/v2/tickets/{id}/metrics", ticket_metrics),
    *[
        ("GET", f"/api/v2/{stream}{end}", short_list)
        for stream in (*_SETTINGS, "tags", "deleted_tickets")
        for end in (".json", "")
    ],
    ("GET", "/api/v2/custom_objects.json", list_custom_objects),
    ("GET", "/api/v2/custom_objects", list_custom_objects),
    ("GET", "/api/v2/custom_objects/{key}/records.json", records_of_custom_object),
    ("GET", "/api/v2/custom_objects/{key}/records", records_of_custom_object),
    ("GET", "/api/v2/organization_memberships.json", memberships),
    ("GET", "/api/v2/organization_memberships", memberships),
    ("GET", "/api/v2/{stream}.json", listing),
    ("GET", "/api/v2/{stream}", listing),
    ("GET", "/api/v2/{stream}/{id}", get_object),
)
