"""HubSpot's search requests, turned into SQL conditions."""

from __future__ import annotations

from typing import Any

from .calendar_time import parse_time
from .hubspot_objects import modified_property
from .hubspot_properties import PROPERTIES, property_type

_COMPARE = {"EQ": "=", "NEQ": "<>", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}
_MAX_GROUPS, _MAX_FILTERS = 5, 18


class SearchError(Exception):
    """A search request that HubSpot would refuse; the message is for its answer."""


def search_query(kind: str, request: dict[str, Any]) -> tuple[str, str, list[Any]]:
    """Return condition, order and values of a request. Raises SearchError."""
    groups = request.get("filterGroups") or []
    if not isinstance(groups, list) or len(groups) > _MAX_GROUPS:
        raise SearchError(f"filterGroups takes at most {_MAX_GROUPS} groups")
    values: list[Any] = []
    alternatives = []
    for group in groups:
        filters = group.get("filters") if isinstance(group, dict) else None
        if not isinstance(filters, list) or len(filters) > _MAX_FILTERS:
            raise SearchError(f"filters is required, with at most {_MAX_FILTERS} entries")
        conditions = [_condition(kind, each, values) for each in filters] or ["1"]
        alternatives.append(f"({' and '.join(conditions)})")
    where = "deleted = 0"
    if alternatives:
        where += f" and ({' or '.join(alternatives)})"
    return where, _order(kind, request.get("sorts") or []), values


def _column(kind: str, name: str) -> str:
    if name not in PROPERTIES[kind]:
        raise SearchError(f"There was a problem with the request: no property named {name}")
    if name == "hs_object_id":
        return "id"
    if name == modified_property(kind):
        return "updated"
    if name in ("createdate", "hs_createdate"):
        return "created"
    column = f"json_extract(body, '$.{name}')"
    return f"cast({column} as real)" if property_type(name) == "number" else column


def _value(name: str, column: str, value: Any) -> Any:
    if value is None:
        raise SearchError(f"A filter on {name} needs a value")
    text = str(value)
    if column in ("created", "updated"):
        return int(text) if text.isdigit() else _milliseconds(text)
    if property_type(name) == "number":
        try:
            return float(text)
        except ValueError as error:
            raise SearchError(f"{text} is not a number, as {name} needs") from error
    return text


def _milliseconds(text: str) -> int:
    try:
        whole = parse_time(text) * 1000
    except ValueError as error:
        raise SearchError(f"{text} is not a time") from error
    fraction = text.partition(".")[2].removesuffix("Z")[:3]
    return whole + (int(fraction.ljust(3, "0")) if fraction.isdigit() else 0)


def _condition(kind: str, each: Any, values: list[Any]) -> str:
    if not isinstance(each, dict):
        raise SearchError("A filter is an object with propertyName and operator")
    name, operator = str(each.get("propertyName")), str(each.get("operator"))
    column = _column(kind, name)
    if operator in _COMPARE:
        values.append(_value(name, column, each.get("value")))
        return f"{column} {_COMPARE[operator]} ?"
    if operator == "BETWEEN":
        values.extend(_value(name, column, each.get(end)) for end in ("value", "highValue"))
        return f"{column} between ? and ?"
    if operator in ("IN", "NOT_IN"):
        options = each.get("values")
        if not isinstance(options, list) or not options:
            raise SearchError(f"{operator} needs values")
        values.extend(_value(name, column, option) for option in options)
        no = "not " if operator == "NOT_IN" else ""
        return f"{column} {no}in ({','.join('?' * len(options))})"
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return f"{column} is {'not ' if operator == 'HAS_PROPERTY' else ''}null"
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        text = str(each.get("value") or "").replace("*", "%")
        values.append(f"%{text}%")
        no = "not " if operator.startswith("NOT") else ""
        return f"ifnull({column}, '') {no}like ?"
    raise SearchError(f"Invalid operator: {operator}")


def _order(kind: str, sorts: Any) -> str:
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise SearchError("sorts takes at most one entry")
    if not sorts:
        return "id"
    first = sorts[0]
    if isinstance(first, str):
        name, down = first.lstrip("-"), first.startswith("-")
    elif isinstance(first, dict):
        name, down = str(first.get("propertyName")), first.get("direction") == "DESCENDING"
    else:
        raise SearchError("A sort is a property name or an object with propertyName and direction")
    direction = " desc" if down else ""
    return f"{_column(kind, name)}{direction}, id"
