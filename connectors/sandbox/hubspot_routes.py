"""HubSpot's CRM API v3 and v4 over the store."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NoReturn

import orjson

from .accounts import HUBSPOT_TOKEN
from .calendar_time import iso_ms
from .http_call import Answer, Call, Handler, VendorError, credentials, integer, json_answer
from .hubspot_derived import DERIVED, derive
from .hubspot_objects import (
    ASSOCIATION_TYPES,
    ENTERED,
    OWNER_BASE,
    PORTAL,
    SINGULAR,
    created_property,
    entered_stages,
    modified_property,
)
from .hubspot_pipelines import pipelines as pipelines_of
from .hubspot_properties import PROPERTIES, default_properties, definition
from .hubspot_search import SearchError, search_query
from .store import DELETED, LIVE, read_meta

LIST_LIMIT, SEARCH_LIMIT, SEARCH_CEILING, BATCH_LIMIT = 100, 200, 10_000, 1000
HISTORY_LIMIT, SEARCH_CHARACTERS = 50, 3000


def _fail(call: Call, status: int, category: str, message: str, **more: Any) -> NoReturn:
    body = {"status": "error", "message": message, "correlationId": call.request_id(), **more}
    if category:
        body["category"] = category
    raise VendorError(status, body, {"x-hubspot-correlation-id": call.request_id()})


def authorize(call: Call) -> None:
    """Refuse a wrong token as HubSpot does."""
    scheme, token, _ = credentials(call)
    if scheme != "bearer" or token != HUBSPOT_TOKEN:
        _fail(
            call,
            401,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and "
            "you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        )


def unknown(call: Call) -> Answer:
    """Refuse a path that does not exist."""
    _fail(call, 404, "", "resource not found")


def _kind(call: Call, name: str = "type") -> str:
    kind = call.params[name]
    plural = next((many for many, one in SINGULAR.items() if kind in (many, one)), None)
    if plural is None:
        _fail(call, 400, "VALIDATION_ERROR", f"Unable to infer object type from: {kind}")
    if plural in DERIVED:
        derive(call.database, call.now)
    return plural


def _limit(call: Call, value: int | None, most: int) -> int:
    if value is None or not 1 <= value <= most:
        _fail(
            call,
            400,
            "VALIDATION_ERROR",
            f"Invalid input JSON on limit: it must be from 1 to {most}",
            errors=[{"message": f"limit must be from 1 to {most}", "in": "limit"}],
        )
    return value


def _listed(call: Call, name: str) -> list[str]:
    return [
        part.strip()
        for text in call.query.getlist(name)
        for part in text.split(",")
        if part.strip()
    ]


def _object(
    row: tuple[Any, ...],
    wanted: set[str],
    associations: Any = None,
    with_history: list[str] | None = None,
) -> dict[str, Any]:
    identity, created, updated, deleted, body = row
    properties = orjson.loads(body)
    result = {
        "id": str(identity),
        "properties": {name: value for name, value in properties.items() if name in wanted},
        "createdAt": iso_ms(created),
        "updatedAt": iso_ms(updated),
        "archived": deleted == DELETED,
    }
    if deleted == DELETED:
        result["archivedAt"] = iso_ms(updated)
    if associations:
        result["associations"] = associations
    if with_history:
        result["propertiesWithHistory"] = {
            name: _history(identity, name, properties, updated) for name in with_history
        }
    return result


def _history(
    identity: int, name: str, properties: dict[str, str], updated: int
) -> list[dict[str, Any]]:
    """Return what a property was, the newest first; the sandbox knows it of deals' stages only."""
    if name == "dealstage" and ENTERED in properties:
        values = entered_stages(identity, properties)
    else:
        values = [(properties[name], updated)] if name in properties else []
    user = 9_000 + int(properties.get("hubspot_owner_id", OWNER_BASE)) - OWNER_BASE
    return [
        {
            "value": value,
            "timestamp": iso_ms(at),
            "sourceType": "CRM_UI",
            "sourceId": f"userId:{user}",
            "updatedByUserId": user,
        }
        for value, at in reversed(values)
    ]


def _wanted(kind: str, names: list[str]) -> set[str]:
    always = {"hs_object_id", created_property(kind), modified_property(kind)}
    return always | set(names or default_properties(kind))


def _linked(
    call: Call, kind: str, identities: list[int], other: str
) -> dict[int, list[tuple[int, bool]]]:
    """Return, by id, the associated ids in order, each with whether it is the primary company."""
    found: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    marks = ",".join("?" * len(identities))
    table = "links"
    if kind in DERIVED or other in DERIVED:
        derive(call.database, call.now)
        table = "derived_links"
    rows = call.database.execute(
        f"select from_id, to_id from {table} where from_type = ? and to_type = ? "  # noqa: S608
        f"and from_id in ({marks}) union "
        f"select to_id, from_id from {table} where to_type = ? and from_type = ? "
        f"and to_id in ({marks}) order by 1, 2",
        (kind, other, *identities, kind, other, *identities),
    )
    for one, two in rows:
        found[one].append((two, "companies" in (kind, other) and kind != "companies"))
    return found


def list_objects(call: Call) -> Answer:
    """Answer a list request: by id, forwards."""
    kind = _kind(call)
    with_history = _listed(call, "propertiesWithHistory")
    most = HISTORY_LIMIT if with_history else LIST_LIMIT
    limit = _limit(call, integer(call.query.get("limit"), 10), most)
    after = integer(call.query.get("after"), -1)
    if after is None:
        _fail(call, 400, "VALIDATION_ERROR", "The after parameter is not a valid cursor")
    archived = call.query.get("archived", "false").lower() == "true"
    rows = call.database.execute(
        f'select id, created, updated, deleted, body from "hubspot.{kind}" '  # noqa: S608
        "where id > ? and deleted = ? order by id limit ?",
        (after, DELETED if archived else LIVE, limit + 1),
    ).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    embedded = _embedded(call, kind, [row[0] for row in rows])
    wanted = _wanted(kind, _listed(call, "properties"))
    results = [_object(row, wanted, embedded.get(row[0]), with_history) for row in rows]
    return json_answer({"results": results, **_paging(call, rows[-1][0] if more else None)})


def _paging(call: Call, after: int | None) -> dict[str, Any]:
    if after is None:
        return {}
    link = f"{call.base_url}{call.path}?after={after}"
    return {"paging": {"next": {"after": str(after), "link": link}}}


def _embedded(call: Call, kind: str, identities: list[int]) -> dict[int, dict[str, Any]]:
    embedded: dict[int, dict[str, Any]] = defaultdict(dict)
    for name in _listed(call, "associations"):
        other = next((many for many, one in SINGULAR.items() if name in (many, one)), None)
        if other is None or (kind, other) not in ASSOCIATION_TYPES or not identities:
            continue
        label = f"{SINGULAR[kind]}_to_{SINGULAR[other]}"
        for identity, links in _linked(call, kind, identities, other).items():
            results = []
            for other_id, primary in links:
                results.append({"id": str(other_id), "type": label})
                if primary and len(ASSOCIATION_TYPES[kind, other]) > 1:
                    results.append({"id": str(other_id), "type": f"{label}_unlabeled"})
            embedded[identity][other] = {"results": results}
    return embedded


def get_object(call: Call) -> Answer:
    """Answer a request for one object; a merged contact's id leads to the one that it went into."""
    kind = _kind(call)
    identity = integer(call.params["id"], -1)
    if identity is None:
        _fail(
            call,
            404,
            "OBJECT_NOT_FOUND",
            "Object not found.  objectId are usually numeric.",
            context={"id": [call.params["id"]]},
        )
    winner = (
        call.database.execute("select winner from merges where loser = ?", (identity,)).fetchone()
        if kind == "contacts"
        else None
    )
    row = call.database.execute(
        f'select id, created, updated, deleted, body from "hubspot.{kind}" where id = ?',  # noqa: S608
        winner or (identity,),
    ).fetchone()
    archived = call.query.get("archived", "false").lower() == "true"
    if row is None or row[3] != (DELETED if archived else LIVE):
        return unknown(call)
    embedded = _embedded(call, kind, [row[0]])
    wanted = _wanted(kind, _listed(call, "properties"))
    with_history = _listed(call, "propertiesWithHistory")
    return json_answer(_object(row, wanted, embedded.get(row[0]), with_history))


def _request(call: Call) -> dict[str, Any]:
    try:
        request = orjson.loads(call.body or b"{}")
    except orjson.JSONDecodeError:
        request = None
    if not isinstance(request, dict):
        _fail(call, 400, "VALIDATION_ERROR", "Invalid input JSON")
    return request


def search(call: Call) -> Answer:
    """Answer a search; like HubSpot's it never goes past 10,000 results."""
    kind = _kind(call)
    request = _request(call)
    if len(call.body.decode(errors="replace")) > SEARCH_CHARACTERS:
        message = f"The request must not be longer than {SEARCH_CHARACTERS} characters"
        _fail(call, 400, "VALIDATION_ERROR", message)
    value = request.get("limit", 10)
    limit = _limit(call, value if isinstance(value, int) else None, SEARCH_LIMIT)
    after = integer(str(request.get("after") or 0), 0)
    if after is None or after < 0:
        _fail(call, 400, "VALIDATION_ERROR", "The after parameter is not a valid cursor")
    if after + limit > SEARCH_CEILING:
        _fail(
            call,
            400,
            "VALIDATION_ERROR",
            f"There was a problem with the request. Paging is limited to {SEARCH_CEILING} results.",
        )
    try:
        where, order, values = search_query(kind, request)
    except SearchError as error:
        _fail(call, 400, "VALIDATION_ERROR", str(error))
    (total,) = call.database.execute(
        f'select count(*) from "hubspot.{kind}" where {where}',  # noqa: S608
        values,
    ).fetchone()
    rows = call.database.execute(
        f'select id, created, updated, deleted, body from "hubspot.{kind}" where {where} '  # noqa: S608
        f"order by {order} limit ? offset ?",
        (*values, limit, after),
    ).fetchall()
    wanted = _wanted(kind, [str(name) for name in request.get("properties") or []])
    following = after + limit
    return json_answer(
        {
            "total": total,
            "results": [_object(row, wanted) for row in rows],
            **({"paging": {"next": {"after": str(following)}}} if following < total else {}),
        }
    )


def batch_read(call: Call) -> Answer:
    """Answer for many ids at once."""
    kind = _kind(call)
    request = _request(call)
    with_history = [str(name) for name in request.get("propertiesWithHistory") or []]
    identities = _inputs(call, request, HISTORY_LIMIT if with_history else 100)
    archived = call.query.get("archived", "false").lower() == "true"
    marks = ",".join("?" * len(identities))
    rows = call.database.execute(
        f'select id, created, updated, deleted, body from "hubspot.{kind}" '  # noqa: S608
        f"where deleted = ? and id in ({marks}) order by id",
        (DELETED if archived else LIVE, *identities),
    ).fetchall()
    wanted = _wanted(kind, [str(name) for name in request.get("properties") or []])
    results = [_object(row, wanted, None, with_history) for row in rows]
    return json_answer(_batch(call, results))


def _inputs(call: Call, request: dict[str, Any], most: int) -> list[int]:
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        _fail(call, 400, "VALIDATION_ERROR", "Invalid input JSON: inputs is required")
    if len(inputs) > most:
        _fail(call, 400, "VALIDATION_ERROR", f"The maximum number of inputs is {most}")
    identities = [
        integer(str(each.get("id")), -1) if isinstance(each, dict) else None for each in inputs
    ]
    if None in identities:
        _fail(call, 400, "VALIDATION_ERROR", "Invalid input JSON: every input needs a numeric id")
    return [identity for identity in identities if identity is not None]


def _batch(call: Call, results: list[Any]) -> dict[str, Any]:
    now = iso_ms(call.now * 1000)
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _association_specs(kind: str, other: str) -> list[dict[str, Any]]:
    return [
        {
            "category": "HUBSPOT_DEFINED",
            "typeId": number,
            **({"label": label} if label else {}),
        }
        for number, label in ASSOCIATION_TYPES[kind, other]
    ]


def associations(call: Call) -> Answer:
    """Answer with the associations of up to 1,000 objects; 207 names those without any."""
    kind, other = _kind(call, "from"), _kind(call, "to")
    if (kind, other) not in ASSOCIATION_TYPES:
        _fail(call, 400, "VALIDATION_ERROR", f"No association from {kind} to {other}")
    identities = _inputs(call, _request(call), BATCH_LIMIT)
    found = _linked(call, kind, identities, other)
    specs = _association_specs(kind, other)
    results = [
        {
            "from": {"id": str(identity)},
            "to": [{"toObjectId": to, "associationTypes": specs} for to, _ in found[identity]],
        }
        for identity in dict.fromkeys(identities)
        if identity in found
    ]
    answer = _batch(call, results)
    missing = [identity for identity in dict.fromkeys(identities) if identity not in found]
    if not missing:
        return json_answer(answer)
    answer["numErrors"] = len(missing)
    answer["errors"] = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": f"No {SINGULAR[other]} is associated with {SINGULAR[kind]} {identity}.",
            "context": {"fromObjectId": [str(identity)]},
            "errors": [],
            "links": {},
        }
        for identity in missing
    ]
    return json_answer(answer, 207)


def associations_of(call: Call) -> Answer:
    """Answer with the associations of one object."""
    kind, other = _kind(call), _kind(call, "to")
    identity = integer(call.params["id"], -1)
    limit = _limit(call, integer(call.query.get("limit"), 500), 500)
    after = integer(call.query.get("after"), -1)
    if (kind, other) not in ASSOCIATION_TYPES or identity is None or after is None:
        _fail(call, 400, "VALIDATION_ERROR", "Invalid association request")
    links = [to for to, _ in _linked(call, kind, [identity], other)[identity] if to > after]
    specs = _association_specs(kind, other)
    results = [{"toObjectId": to, "associationTypes": specs} for to in links[:limit]]
    more = links[limit - 1] if len(links) > limit else None
    return json_answer({"results": results, **_paging(call, more)})


def owners(call: Call) -> Answer:
    """Answer with the owners."""
    limit = _limit(call, integer(call.query.get("limit"), 100), 500)
    after = integer(call.query.get("after"), -1)
    archived = call.query.get("archived", "false").lower() == "true"
    rows = call.database.execute(
        'select id, body from "hubspot.owners" where id > ? and deleted = ? order by id limit ?',
        (after or -1, DELETED if archived else LIVE, limit + 1),
    ).fetchall()
    more, rows = len(rows) > limit, rows[:limit]
    results = [orjson.loads(row[1]) for row in rows]
    return json_answer({"results": results, **_paging(call, rows[-1][0] if more else None)})


def properties(call: Call) -> Answer:
    """Answer with the definitions of an object type's properties."""
    kind = _kind(call)
    return json_answer({"results": [definition(kind, name) for name in PROPERTIES[kind]]})


def pipelines(call: Call) -> Answer:
    """Answer with the pipelines of a type of object and their stages."""
    made = int(read_meta(call.database)["start"])
    return json_answer({"results": pipelines_of(_kind(call), made)})


def details(_call: Call) -> Answer:
    """Answer with the account."""
    return json_answer(
        {
            "portalId": PORTAL,
            "accountType": "STANDARD",
            "timeZone": "Asia/Jerusalem",
            "companyCurrency": "ILS",
            "additionalCurrencies": ["USD"],
            "utcOffset": "+03:00",
            "utcOffsetMilliseconds": 10_800_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/account-info/v3/details", details),
    ("GET", "/crm/v3/owners", owners),
    ("GET", "/crm/v3/owners/", owners),
    ("GET", "/crm/v3/properties/{type}", properties),
    ("GET", "/crm/v3/pipelines/{type}", pipelines),
    ("POST", "/crm/v3/objects/{type}/search", search),
    ("POST", "/crm/v3/objects/{type}/batch/read", batch_read),
    ("GET", "/crm/v3/objects/{type}", list_objects),
    ("GET", "/crm/v3/objects/{type}/{id}", get_object),
    ("POST", "/crm/v4/associations/{from}/{to}/batch/read", associations),
    ("GET", "/crm/v4/objects/{type}/{id}/associations/{to}", associations_of),
)
