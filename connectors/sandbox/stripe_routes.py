"""Stripe's API v1 over the store."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from .accounts import STRIPE_KEY
from .calendar_time import DAY
from .http_call import Answer, Call, Handler, VendorError, credentials, integer, json_answer
from .rows import Row
from .store import LIVE
from .stripe_objects import SHAPES
from .stripe_records import event_body

_COMMON = {"limit", "starting_after", "ending_before", "created", "expand"}
_FILTERS = {
    "customers": {"email"},
    "invoices": {"customer", "status", "subscription"},
    "charges": {"customer", "payment_intent"},
    "refunds": {"charge", "payment_intent"},
    "subscriptions": {"customer", "status", "price"},
    "products": {"active"},
    "events": {"type", "types"},
}
_KEY = re.compile(r"^(\w+)(?:\[(\w*)\])?$")
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_EVENT_DAYS = 30


def _fail(status: int, message: str, code: str = "", param: str = "") -> NoReturn:
    error = {"message": message, "type": "invalid_request_error"}
    if code:
        page = code.replace("_", "-")
        error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{page}"}
    if param:
        error["param"] = param
    headers = {"www-authenticate": 'Basic realm="Stripe"'} if status == 401 else None
    raise VendorError(status, {"error": error}, headers)


def authorize(call: Call) -> None:
    """Refuse a wrong key as Stripe does."""
    scheme, key, _ = credentials(call)
    if scheme not in ("bearer", "basic") or not key:
        _fail(
            401,
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth "
            "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). "
            "See https://stripe.com/docs/api#authentication for details, "
            "or we can help at https://support.stripe.com/.",
        )
    if key != STRIPE_KEY:
        _fail(401, f"Invalid API Key provided: {key[:7]}{'*' * 12}{key[-4:]}")


def _parameters(call: Call, stream: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    allowed = _COMMON | _FILTERS[stream]
    for key, value in call.query.multi_items():
        match = _KEY.match(key)
        if not match or match[1] not in allowed:
            _fail(400, f"Received unknown parameter: {key}", code="parameter_unknown", param=key)
        found.setdefault(match[1], []).append((match[2] or "", value))
    return found


def _limit(call: Call) -> int:
    limit = integer(call.query.get("limit"), 10)
    if limit is None:
        _fail(
            400,
            f"Invalid integer: {call.query['limit']}",
            code="parameter_invalid_integer",
            param="limit",
        )
    if not 1 <= limit <= 100:
        bound = "less than or equal to 100" if limit > 100 else "greater than or equal to 1"
        _fail(
            400,
            f"This value must be {bound} (it currently is '{limit}').",
            code="parameter_invalid_integer",
            param="limit",
        )
    return limit


def _conditions(
    call: Call, stream: str, parameters: dict[str, list[tuple[str, str]]]
) -> tuple[list[str], list[Any]]:
    where: list[str] = ["deleted = 0"]
    values: list[Any] = []
    for operator, text in parameters.get("created", ()):
        moment = integer(text, 0)
        if moment is None or operator not in ("", *_OPERATORS):
            param = f"created[{operator}]" if operator else "created"
            _fail(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param=param)
        where.append(f"created {_OPERATORS.get(operator, '=')} ?")
        values.append(moment)
    for name in ("customer", "charge"):
        if name in parameters and name in _FILTERS[stream]:
            where.append("parent = ?")
            values.append(parameters[name][0][1])
    for name in ("subscription", "price", "payment_intent"):
        if name in parameters:
            where.append("instr(body, cast(? as blob)) > 0")
            values.append(parameters[name][0][1].removeprefix("pi_"))
    if "active" in parameters:
        where.append("tag = ?")
        values.append("active" if parameters["active"][0][1] == "true" else "inactive")
    if "email" in parameters:
        where.append("tag = ?")
        values.append(parameters["email"][0][1].lower())
    if stream == "subscriptions":
        status = parameters.get("status", [("", "")])[0][1]
        if status in ("canceled", "ended"):
            where.append("tag = 'canceled'")
        elif status and status != "all":
            where.append("tag = ?")
            values.append(status)
        elif not status:
            where.append("tag <> 'canceled'")
    elif "status" in parameters:
        where.append("tag = ?")
        values.append(parameters["status"][0][1])
    if stream == "events":
        where.append("created >= ?")
        values.append(call.now - _EVENT_DAYS * DAY)
        names = [value for _, value in parameters.get("types", [])] + [
            value for _, value in parameters.get("type", [])
        ]
        if names:
            where.append("(" + " or ".join(["tag glob ?"] * len(names)) + ")")
            values.extend(names)
    return where, values


def list_objects(call: Call) -> Answer:
    """Answer a list request: newest first, by cursor."""
    stream = call.params["stream"]
    if stream not in _FILTERS:
        return unknown(call)
    limit = _limit(call)
    parameters = _parameters(call, stream)
    where, values = _conditions(call, stream, parameters)
    backwards = "ending_before" in parameters
    for name, sign in (("starting_after", "<"), ("ending_before", ">")):
        if name in parameters:
            cursor = parameters[name][0][1]
            found = call.database.execute(
                f'select created, id from "stripe.{stream}" where id = ?',  # noqa: S608
                (cursor,),
            ).fetchone()
            if not found:
                _missing(stream, cursor, name)
            where.append(f"(created, id) {sign} (?, ?)")
            values.extend(found)
    order = "created, id" if backwards else "created desc, id desc"
    rows = call.database.execute(
        f'select id, parent, created, updated, tag, body from "stripe.{stream}" '  # noqa: S608
        f"where {' and '.join(where)} order by {order} limit ?",
        (*values, limit + 1),
    ).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    if stream == "events":
        bodies = [event_body(Row(*row)) for row in rows]
    else:
        expand = SHAPES[stream].expand
        bodies = [expand(row[5]) for row in rows]
    flag = b"true" if more else b"false"
    return Answer(
        b'{"object":"list","data":['
        + b",".join(bodies)
        + b'],"has_more":%b,"url":"/v1/%b"}' % (flag, stream.encode())
    )


def _missing(stream: str, identity: str, parameter: str) -> NoReturn:
    kind = stream.removesuffix("s")
    # Only what the address itself names is not found; in a parameter it makes a bad request.
    status = 404 if parameter == "id" else 400
    _fail(status, f"No such {kind}: '{identity}'", code="resource_missing", param=parameter)


def get_object(call: Call) -> Answer:
    """Answer a request for one object; a deleted customer is a stub that says so."""
    stream, identity = call.params["stream"], call.params["id"]
    if stream not in _FILTERS:
        return unknown(call)
    row = call.database.execute(
        f'select id, parent, created, updated, tag, body, deleted from "stripe.{stream}" '  # noqa: S608
        "where id = ?",
        (identity,),
    ).fetchone()
    if row is None:
        _missing(stream, identity, "id")
    if stream == "events":
        return Answer(event_body(Row(*row[:6])))
    if row[6] != LIVE:
        return json_answer({"id": identity, "object": stream.removesuffix("s"), "deleted": True})
    return Answer(SHAPES[stream].expand(row[5]))


def account(_call: Call) -> Answer:
    """Answer with the account that the key belongs to."""
    return json_answer(
        {
            "id": "acct_1KesherSandbox",
            "object": "account",
            "business_type": "company",
            "charges_enabled": True,
            "country": "US",
            "default_currency": "usd",
            "details_submitted": True,
            "email": "billing@kesher.example",
            "payouts_enabled": True,
            "type": "standard",
        }
    )


def unknown(call: Call) -> Answer:
    """Refuse a path that does not exist."""
    _fail(
        404,
        f"Unrecognized request URL ({call.method}: {call.path}). Please see "
        "https://stripe.com/docs or we can help at https://support.stripe.com/.",
    )


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v1/account", account),
    ("GET", "/v1/{stream}", list_objects),
    ("GET", "/v1/{stream}/{id}", get_object),
)
