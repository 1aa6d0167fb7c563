"""Stripe's API v1 over the store."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import orjson

from .accounts import STRIPE_KEY
from .http_call import Answer, Call, Handler, VendorError, credentials, integer, json_answer
from .store import LIVE, read_meta
from .stripe_derived import FILTERS as DERIVED
from .stripe_derived import (
    Entry,
    Shop,
    Span,
    events,
    find,
    find_event,
    objects,
    payment_methods,
    served,
)
from .stripe_objects import SHAPES

_COMMON = {"limit", "starting_after", "ending_before", "created", "expand"}
_FILTERS = {
    "customers": {"email"},
    "invoices": {"customer", "status", "subscription"},
    "charges": {"customer", "payment_intent"},
    "refunds": {"charge", "payment_intent"},
    "subscriptions": {"customer", "status", "price"},
    "products": {"active"},
    "events": {"type", "types"},
    **DERIVED,
}
_KEY = re.compile(r"^(\w+)(?:\[(\w*)\])?$")
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_ALWAYS = 1 << 40


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


def _moments(parameters: dict[str, list[tuple[str, str]]]) -> list[tuple[str, int]]:
    found = []
    for operator, text in parameters.get("created", ()):
        moment = integer(text, 0)
        if moment is None or operator not in ("", *_OPERATORS):
            param = f"created[{operator}]" if operator else "created"
            _fail(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param=param)
        found.append((operator, moment))
    return found


def _conditions(
    stream: str, parameters: dict[str, list[tuple[str, str]]]
) -> tuple[list[str], list[Any]]:
    where: list[str] = ["deleted = 0"]
    values: list[Any] = []
    for operator, moment in _moments(parameters):
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
    return where, values


def list_objects(call: Call) -> Answer:
    """Answer a list request: newest first, by cursor."""
    stream = call.params.get("stream") or call.path.removeprefix("/v1/")
    if stream not in _FILTERS:
        return unknown(call)
    limit = _limit(call)
    parameters = _parameters(call, stream)
    if stream == "events" or stream in DERIVED:
        return _derived_page(call, stream, parameters, limit)
    where, values = _conditions(stream, parameters)
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
    expand = SHAPES[stream].expand
    return _list([expand(row[5]) for row in rows], more, f"/v1/{stream}")


def _list(bodies: list[bytes], more: bool, url: str) -> Answer:
    flag = b"true" if more else b"false"
    return Answer(
        b'{"object":"list","data":['
        + b",".join(bodies)
        + b'],"has_more":%b,"url":"%b"}' % (flag, url.encode())
    )


def _shop(call: Call) -> Shop:
    return Shop(call.database, call.now, int(read_meta(call.database)["start"]))


def _derived_page(
    call: Call, stream: str, parameters: dict[str, list[tuple[str, str]]], limit: int
) -> Answer:
    """Answer with a page of what is made when it is asked for."""
    shop = _shop(call)
    low, high = -_ALWAYS, _ALWAYS
    for operator, moment in _moments(parameters):
        if operator in ("", "gt", "gte"):
            low = max(low, moment + (operator == "gt"))
        if operator in ("", "lt", "lte"):
            high = min(high, moment - (operator == "lt"))
    backwards = "ending_before" in parameters
    cursor: Entry | None = None
    for name in ("starting_after", "ending_before"):
        if name in parameters:
            identity = parameters[name][0][1]
            cursor = (
                find_event(shop, identity) if stream == "events" else find(shop, stream, identity)
            )
            if cursor is None:
                _missing(stream, identity, name)
            low, high = (max(low, cursor[0]), high) if backwards else (low, min(high, cursor[0]))
    span = Span(low, high, not backwards)
    if stream == "events":
        names = [value for key in ("types", "type") for _, value in parameters.get(key, [])]
        found = events(shop, span, names)
    else:
        filters = {name: parameters[name][0][1] for name in DERIVED[stream] if name in parameters}
        if stream == "prices":
            filters.setdefault("active", "true")
        found = objects(shop, stream, span, filters)
    page: list[Entry] = []
    for entry in found:
        if cursor is not None and (
            entry[:2] <= cursor[:2] if backwards else entry[:2] >= cursor[:2]
        ):
            continue
        page.append(entry)
        if len(page) > limit:
            break
    more, page = len(page) > limit, page[:limit]
    if backwards:
        page.reverse()
    return _list([served(entry) for entry in page], more, f"/v1/{stream}")


def _missing(stream: str, identity: str, parameter: str, in_path: bool = False) -> NoReturn:
    kind = stream.removesuffix("s").replace("/", ".")
    # Only what the address itself names is not found; in a parameter it makes a bad request.
    status = 404 if in_path or parameter == "id" else 400
    _fail(status, f"No such {kind}: '{identity}'", code="resource_missing", param=parameter)


def get_object(call: Call) -> Answer:
    """Answer a request for one object; a deleted customer is a stub that says so."""
    identity = call.params["id"]
    stream = call.params.get("stream") or call.path.removeprefix("/v1/").removesuffix(
        f"/{identity}"
    )
    if stream not in _FILTERS:
        return unknown(call)
    if stream == "events" or stream in DERIVED:
        shop = _shop(call)
        entry = find_event(shop, identity) if stream == "events" else find(shop, stream, identity)
        if entry is None:
            _missing(stream, identity, "id")
        return Answer(served(entry))
    row = call.database.execute(
        f'select id, parent, created, updated, tag, body, deleted from "stripe.{stream}" '  # noqa: S608
        "where id = ?",
        (identity,),
    ).fetchone()
    if row is None:
        _missing(stream, identity, "id")
    if row[6] != LIVE:
        return json_answer({"id": identity, "object": stream.removesuffix("s"), "deleted": True})
    return Answer(SHAPES[stream].expand(row[5]))


def _part_of(call: Call, stream: str, identity: str, field: str) -> list[Any]:
    """Return the objects that a stored object holds in one of its lists."""
    row = call.database.execute(
        f'select body from "stripe.{stream}" where id = ?',  # noqa: S608
        (identity,),
    ).fetchone()
    if row is None:
        _missing(stream, identity, stream.removesuffix("s"), in_path=stream == "invoices")
    found: list[Any] = orjson.loads(SHAPES[stream].expand(row[0]))[field]["data"]
    return found


def _short_page(call: Call, things: list[Any], url: str) -> Answer:
    """Answer with a page of a list that is at hand."""
    limit = _limit(call)
    after = call.query.get("starting_after")
    ids = [each["id"] for each in things]
    if after is not None and after not in ids:
        _fail(400, f"No such object: '{after}'", code="resource_missing", param="starting_after")
    rest = things if after is None else things[ids.index(after) + 1 :]
    return _list([orjson.dumps(each) for each in rest[:limit]], len(rest) > limit, url)


def invoice_lines(call: Call) -> Answer:
    """Answer with all lines of an invoice."""
    identity = call.params["id"]
    return _short_page(call, _part_of(call, "invoices", identity, "lines"), call.path)


def subscription_items(call: Call) -> Answer:
    """Answer with all items of a subscription, which has to be named."""
    identity = call.query.get("subscription")
    if not identity:
        _fail(
            400,
            "Missing required param: subscription.",
            code="parameter_missing",
            param="subscription",
        )
    return _short_page(call, _part_of(call, "subscriptions", identity, "items"), call.path)


def customer_methods(call: Call) -> Answer:
    """Answer with the payment methods of a customer."""
    identity = call.params["id"]
    found = call.database.execute(
        'select deleted from "stripe.customers" where id = ?', (identity,)
    ).fetchone()
    if found is None or found[0] != LIVE:
        _missing("customers", identity, "customer", in_path=True)
    return _short_page(call, payment_methods(_shop(call), identity), call.path)


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
    ("GET", "/v1/checkout/sessions", list_objects),
    ("GET", "/v1/checkout/sessions/{id}", get_object),
    ("GET", "/v1/customers/{id}/payment_methods", customer_methods),
    ("GET", "/v1/invoices/{id}/lines", invoice_lines),
    ("GET", "/v1/subscription_items", subscription_items),
    ("GET", "/v1/{stream}", list_objects),
    ("GET", "/v1/{stream}/{id}", get_object),
)
