"""Mailchimp's Marketing API 3.0 over the store."""

from __future__ import annotations

from typing import Any, NoReturn

import orjson

from . import mailchimp_derived as derived
from .accounts import MAILCHIMP_KEY
from .calendar_time import parse_time
from .http_call import Answer, Call, Handler, VendorError, credentials, integer, json_answer
from .mailchimp_objects import expand_activity
from .store import read_meta

_TITLES = {401: "API Key Invalid", 404: "Resource Not Found"}
_INVALID = (
    "The resource submitted could not be validated. "
    "For field-specific details, see the 'errors' array."
)
_DOCS = "https://mailchimp.com/developer/marketing/docs/errors/"


def _fail(
    call: Call,
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    title: str = "",
) -> NoReturn:
    body: dict[str, Any] = {
        "type": _DOCS,
        "title": title or ("Invalid Resource" if errors else _TITLES[status]),
        "status": status,
        "detail": detail,
        "instance": call.request_id(),
    }
    if errors:
        body["errors"] = errors
    raise VendorError(status, body, {"content-type": "application/problem+json; charset=utf-8"})


def authorize(call: Call) -> None:
    """Refuse a wrong key as Mailchimp does: Basic with any user name, or Bearer."""
    scheme, user, password = credentials(call)
    if not scheme:
        _fail(call, 401, "Your request did not include an API key.", title="API Key Missing")
    if (password if scheme == "basic" else user) != MAILCHIMP_KEY:
        _fail(
            call,
            401,
            "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
        )


def unknown(call: Call) -> Answer:
    """Refuse a path that does not exist."""
    _fail(call, 404, "The requested resource could not be found.")


def _bounds(call: Call) -> tuple[int, int]:
    values = []
    for name, default, most in (("count", 10, 1000), ("offset", 0, 10**12)):
        value = integer(call.query.get(name), default)
        if value is None or not 0 <= value <= most:
            problem = f"Value must be from 0 to {most}"
            _fail(
                call,
                400,
                _INVALID,
                [{"field": name, "message": problem}],
            )
        values.append(value)
    return values[0], values[1]


def _times(call: Call, names: dict[str, str]) -> tuple[str, list[int]]:
    where, values = "", []
    for name, condition in names.items():
        text = call.query.get(name)
        if text is None:
            continue
        try:
            # A plus sign that was not escaped reaches the server as a blank.
            values.append(parse_time(text.strip().replace(" ", "+")))
        except ValueError:
            _fail(
                call,
                400,
                _INVALID,
                [{"field": name, "message": "This value is not a valid datetime."}],
            )
        where += f" and {condition} ?"
    return where, values


def _page(
    call: Call,
    table: str,
    key: str,
    where: str,
    values: list[Any],
    order: str,
    extra: dict[str, Any],
) -> Answer:
    count, offset = _bounds(call)
    (total,) = call.database.execute(
        f'select count(*) from "mailchimp.{table}" where {where}',  # noqa: S608
        values,
    ).fetchone()
    rows = call.database.execute(
        f'select body, parent, id from "mailchimp.{table}" where {where} order by {order} '  # noqa: S608
        "limit ? offset ?",
        (*values, count, offset),
    ).fetchall()
    tail = {**extra, "total_items": total, "_links": []}
    if table == "email_activity":
        bodies = [expand_activity(row[1], row[2], row[0]) for row in rows]
    else:
        bodies = [row[0] for row in rows]
    return Answer(b'{"%b":[%b],' % (key.encode(), b",".join(bodies)) + orjson.dumps(tail)[1:])


def _known(call: Call, table: str, identity: str) -> bytes:
    row = call.database.execute(
        f'select body from "mailchimp.{table}" where id = ?',  # noqa: S608
        (identity,),
    ).fetchone()
    if row is None:
        _fail(call, 404, "The requested resource could not be found.")
    body: bytes = row[0]
    return body


def ping(_call: Call) -> Answer:
    """Say that all is well."""
    return json_answer({"health_status": "Everything's Chimpy!"})


def root(_call: Call) -> Answer:
    """Answer with the account."""
    return json_answer(
        {
            "account_id": "8d3a3db4d97663a9074efcc16",
            "account_name": "Kesher Sandbox",
            "email": "news@kesher.example",
            "role": "owner",
            "dc": "us1",
        }
    )


def lists(call: Call) -> Answer:
    """Answer with the lists."""
    where, values = _times(call, {"since_date_created": "created >"})
    return _page(call, "lists", "lists", "1" + where, list(values), "seq", {})


def get_list(call: Call) -> Answer:
    """Answer with one list."""
    return Answer(_known(call, "lists", call.params["id"]))


def members(call: Call) -> Answer:
    """Answer with the members of a list, archived ones too unless a status is asked for."""
    list_id = call.params["id"]
    _known(call, "lists", list_id)
    where, values = _times(
        call,
        {
            "since_last_changed": "updated >",
            "before_last_changed": "updated <",
            "since_timestamp_opt": "created >",
            "before_timestamp_opt": "created <",
        },
    )
    if "status" in call.query:
        where += " and tag = ?"
    arguments: list[Any] = [list_id, *values]
    if "status" in call.query:
        arguments.append(call.query["status"])
    order = "id"
    if call.query.get("sort_field") == "last_changed":
        order = (
            "updated desc, id"
            if call.query.get("sort_dir", "").upper() == "DESC"
            else "updated, id"
        )
    return _page(
        call, "members", "members", "parent = ?" + where, arguments, order, {"list_id": list_id}
    )


def member(call: Call) -> Answer:
    """Answer with one member."""
    row = call.database.execute(
        'select body from "mailchimp.members" where parent = ? and id = ?',
        (call.params["id"], call.params["member"].lower()),
    ).fetchone()
    if row is None:
        _fail(call, 404, "The requested resource could not be found.")
    return Answer(row[0])


def campaigns(call: Call) -> Answer:
    """Answer with campaigns, in the order of their creation unless newest first is asked for."""
    where, values = _times(
        call,
        {
            "since_create_time": "created >",
            "before_create_time": "created <",
            "since_send_time": "updated >",
            "before_send_time": "updated <",
        },
    )
    arguments: list[Any] = list(values)
    for name, column in (("status", "tag"), ("list_id", "parent")):
        if name in call.query:
            where += f" and {column} = ?"
            arguments.append(call.query[name])
    down = " desc" if call.query.get("sort_dir", "").upper() == "DESC" else ""
    column = "updated" if call.query.get("sort_field") == "send_time" else "created"
    return _page(call, "campaigns", "campaigns", "1" + where, arguments, f"{column}{down}, id", {})


def get_campaign(call: Call) -> Answer:
    """Answer with one campaign."""
    return Answer(_known(call, "campaigns", call.params["id"]))


def email_activity(call: Call) -> Answer:
    """Answer with what each recipient did with a campaign; `since` leaves out what was before."""
    campaign = call.params["id"]
    _known(call, "campaigns", campaign)
    where, values = _times(call, {"since": "updated >="})
    answer = _page(
        call,
        "email_activity",
        "emails",
        "parent = ?" + where + (" and tag <> '0'" if values else ""),
        [campaign, *values],
        "id",
        {"campaign_id": campaign},
    )
    if not values:
        return answer
    page = orjson.loads(answer.body)
    for email in page["emails"]:
        email["activity"] = [
            action for action in email["activity"] if parse_time(action["timestamp"]) >= values[0]
        ]
    return json_answer(page)


def _short_page(call: Call, key: str, records: list[dict[str, Any]], **extra: Any) -> Answer:
    """Answer with a page of a list that is at hand."""
    count, offset = _bounds(call)
    page = records[offset : offset + count]
    return json_answer({key: page, **extra, "total_items": len(records), "_links": []})


def _start(call: Call) -> int:
    return int(read_meta(call.database)["start"])


def _list_id(call: Call) -> str:
    _known(call, "lists", call.params["id"])
    return call.params["id"]


def merge_fields(call: Call) -> Answer:
    """Answer with the fields of a list's members."""
    list_id = _list_id(call)
    return _short_page(call, "merge_fields", derived.merge_fields(list_id), list_id=list_id)


def tag_search(call: Call) -> Answer:
    """Answer with the tags of a list."""
    found = derived.tags(_list_id(call), _start(call), call.now)
    return json_answer({"tags": found, "total_items": len(found), "_links": []})


def segments(call: Call) -> Answer:
    """Answer with the segments of a list, tags among them."""
    list_id = _list_id(call)
    found = derived.segments(call.database, list_id, _start(call), call.now)
    return _short_page(call, "segments", found, list_id=list_id)


def interest_categories(call: Call) -> Answer:
    """Answer with the groups of interests of a list."""
    list_id = _list_id(call)
    found = derived.interest_categories(list_id)
    return _short_page(call, "categories", found, list_id=list_id)


def interests(call: Call) -> Answer:
    """Answer with the interests of a group."""
    list_id, category = _list_id(call), call.params["category"]
    found = derived.interests(list_id, category)
    if found is None:
        return unknown(call)
    return _short_page(call, "interests", found, list_id=list_id, category_id=category)


def reports(call: Call) -> Answer:
    """Answer with the reports of sent campaigns."""
    bounds: dict[str, int | None] = {}
    for name in ("since_send_time", "before_send_time"):
        _, values = _times(call, {name: ""})
        bounds[name] = values[0] if values else None
    found = derived.reports(call.database)
    return _short_page(call, "reports", derived.sent_within(found, *bounds.values()))


def get_report(call: Call) -> Answer:
    """Answer with the report of one campaign."""
    _known(call, "campaigns", call.params["id"])
    (found,) = derived.reports(call.database, call.params["id"])
    return json_answer(found)


def unsubscribed(call: Call) -> Answer:
    """Answer with those who left after a campaign."""
    campaign = call.params["id"]
    _known(call, "campaigns", campaign)
    found = derived.unsubscribes(call.database, campaign, call.now)
    return _short_page(call, "unsubscribes", found, campaign_id=campaign)


def automations(call: Call) -> Answer:
    """Answer with the classic automations."""
    return _short_page(call, "automations", derived.automations(call.database, _start(call)))


def landing_pages(call: Call) -> Answer:
    """Answer with the landing pages."""
    return _short_page(call, "landing_pages", derived.landing_pages(_start(call), call.now))


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/3.0", root),
    ("GET", "/3.0/", root),
    ("GET", "/3.0/ping", ping),
    ("GET", "/3.0/lists", lists),
    ("GET", "/3.0/lists/{id}", get_list),
    ("GET", "/3.0/lists/{id}/members", members),
    ("GET", "/3.0/lists/{id}/members/{member}", member),
    ("GET", "/3.0/campaigns", campaigns),
    ("GET", "/3.0/campaigns/{id}", get_campaign),
    ("GET", "/3.0/lists/{id}/merge-fields", merge_fields),
    ("GET", "/3.0/lists/{id}/tag-search", tag_search),
    ("GET", "/3.0/lists/{id}/segments", segments),
    ("GET", "/3.0/lists/{id}/interest-categories", interest_categories),
    ("GET", "/3.0/lists/{id}/interest-categories/{category}/interests", interests),
    ("GET", "/3.0/reports", reports),
    ("GET", "/3.0/reports/{id}", get_report),
    ("GET", "/3.0/reports/{id}/email-activity", email_activity),
    ("GET", "/3.0/reports/{id}/unsubscribed", unsubscribed),
    ("GET", "/3.0/automations", automations),
    ("GET", "/3.0/landing-pages", landing_pages),
)
