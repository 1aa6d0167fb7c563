"""All SQL of the dashboard, over one published file.

Values go in as parameters, never into the text. Lists find the ids of one page first and fetch
only those rows after, which keeps them fast at a million customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import duckdb

from dashboard.search import Term

Row = dict[str, Any]
PAGE_SIZE = 25
MOST_PAGES = 40

_CUSTOMER_COLUMNS = """
    customer_id, display_name, given_name, family_name, email, phone, street, city, region,
    postcode, country, company, job_title, birth_date, gender, language, account_id,
    lifecycle_stage, email_marketing_status, sources, source_count, record_count, first_seen_at,
    last_seen_at, last_activity_at, last_activity_type, invoice_count, paid_invoice_count,
    open_ticket_count, ticket_count, open_deal_count, won_deal_count, active_subscription_count,
    is_role_mailbox, conflict_count, has_conflicting_given_names, has_conflicting_family_names,
    has_conflicting_birth_dates, has_conflicting_genders, has_conflicting_national_ids,
    has_conflicting_countries
"""

# What a reader may choose from, so that nothing typed ever reaches the text of a query.
_ORDERS = {
    "recent": "last_activity_at desc nulls last, customer_id",
    "name": "display_name is null, lower(display_name), customer_id",
    "newest": "first_seen_at desc nulls last, customer_id",
    "oldest": "first_seen_at asc nulls last, customer_id",
    "records": "record_count desc, customer_id",
}
SORTS = ("best", *_ORDERS)
_CONDITIONS = {
    "subscription": "active_subscription_count > 0",
    "paying": "paid_invoice_count > 0",
    "never_paid": "paid_invoice_count = 0",
    "open_ticket": "open_ticket_count > 0",
    "open_deal": "open_deal_count > 0",
    "mailing": "email_marketing_status = 'subscribed'",
    "left_mailing": "email_marketing_status = 'unsubscribed'",
    "duplicates": "record_count > 1",
    "conflicts": "conflict_count > 0",
}
CONDITIONS = tuple(_CONDITIONS)
FEW_MATCHES = 300
_FIRST_MATCHES = f"select customer_id, score from matched limit {FEW_MATCHES + 1}"  # noqa: S608


@dataclass(frozen=True)
class Search:
    """What a reader looks for.

    Attributes:
        terms: What a customer must match, all of it.
        source: A system that must know the customer.
        countries: Ways to write the customer's country, any of which will do.
        lifecycle: The customer's life cycle stage.
        condition: One of CONDITIONS.
        sort: One of SORTS.
        page: Page number, from 1.
    """

    terms: tuple[Term, ...] = field(default_factory=tuple)
    source: str | None = None
    countries: tuple[str, ...] = ()
    lifecycle: str | None = None
    condition: str | None = None
    sort: str = "best"
    page: int = 1


@dataclass(frozen=True)
class Found:
    """One page of customers, its number, and how many customers match in all."""

    rows: list[Row]
    total: int
    page: int


@dataclass(frozen=True)
class Resolved:
    """Where an id leads.

    Attributes:
        customer_id: The customer who has the id today; None when nobody has.
        merged_at: When the id was merged away; None when it was not.
        retired_at: When the customer was retired; None when that did not happen.
    """

    customer_id: str | None
    merged_at: datetime | None = None
    retired_at: datetime | None = None


def _rows(
    cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> list[Row]:
    cursor.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _row(
    cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> Row | None:
    rows = _rows(cursor, sql, parameters)
    return rows[0] if rows else None


def _after(prefix: str) -> str:
    """The least text that is greater than every text with this prefix."""
    last = ord(prefix[-1]) + 1
    if 0xD800 <= last <= 0xDFFF:
        last = 0xE000
    return prefix[:-1] + chr(min(last, 0x10FFFF))


def _matches(terms: Sequence[Term]) -> tuple[str, list[object]]:
    """A query that gives `customer_id` and `score` of the customers that match every term."""
    parts: list[str] = []
    parameters: list[object] = []
    for term in terms:
        ranges: list[str] = []
        for prefix in term.prefixes:
            ranges.append(
                "select customer_id, case when token = ? then 3 else 2 end as score "
                "from customer_search_tokens "
                "where token >= ? and token < ? and field <> 'name_key'"
            )
            parameters += [prefix, prefix, _after(prefix)]
        for key in term.keys:
            ranges.append(
                "select customer_id, 1 as score from customer_search_tokens "
                "where token = ? and field = 'name_key'"
            )
            parameters.append(key)
        parts.append(
            f"select customer_id, max(score) as score from ({' union all '.join(ranges)}) "  # noqa: S608
            "group by customer_id"
        )
    if len(parts) == 1:
        return parts[0], parameters
    named = ", ".join(f"term_{i} as ({part})" for i, part in enumerate(parts))
    joins = " ".join(f"join term_{i} using (customer_id)" for i in range(1, len(parts)))
    total = " + ".join(f"term_{i}.score" for i in range(len(parts)))
    return (
        f"with {named} select customer_id, {total} as score from term_0 {joins}",  # noqa: S608
        parameters,
    )


def find_customers(cursor: duckdb.DuckDBPyConnection, search: Search) -> Found:
    """Find a page of customers.

    Args:
        cursor: A cursor on the published file.
        search: What to look for.

    Returns:
        At most PAGE_SIZE rows of `customers`, in the order asked for, of the page asked for or
        of the last one there is.

    Raises:
        KeyError: If the search names a sort or a condition that does not exist.
    """
    filters: list[str] = []
    parameters: list[object] = []
    if search.source is not None:
        filters.append("list_contains(string_split(replace(sources, ' ', ''), ','), ?)")
        parameters.append(search.source)
    if search.countries:
        filters.append(f"country in ({', '.join('?' * len(search.countries))})")
        parameters += search.countries
    if search.lifecycle is not None:
        filters.append("lifecycle_stage = ?")
        parameters.append(search.lifecycle)
    if search.condition is not None:
        filters.append(_CONDITIONS[search.condition])
    where = " and ".join(filters) or "true"
    order = _ORDERS["recent" if search.sort == "best" else search.sort]
    origin, by_score = "customers", False
    if search.terms:
        matched, match_parameters = _matches(search.terms)
        cursor.execute(f"create or replace temp table matched as {matched}", match_parameters)
        scores = {row["customer_id"]: row["score"] for row in _rows(cursor, _FIRST_MATCHES)}
        by_score = search.sort == "best"
        if len(scores) <= FEW_MATCHES:
            return _few(cursor, search, scores if by_score else dict.fromkeys(scores, 0),
                        f"where {where}", parameters, order)  # fmt: skip
        origin = "matched join customers using (customer_id)"
        if by_score and not filters:
            # Which of thousands met the customer last is not worth reading all of them for.
            origin, order = "matched", "customer_id"
    if by_score:
        order = f"score desc, {order}"
    total = int(
        _rows(
            cursor,
            f"select count(*) as total from {origin} where {where}",  # noqa: S608
            parameters,
        )[0]["total"]
    )
    page = max(1, min(search.page, pages_of(total)))
    ids = _rows(
        cursor,
        f"select customer_id from {origin} where {where} order by {order} "  # noqa: S608
        f"limit {PAGE_SIZE} offset {PAGE_SIZE * (page - 1)}",
        parameters,
    )
    return Found(_customers(cursor, [row["customer_id"] for row in ids]), total, page)


def _few(
    cursor: duckdb.DuckDBPyConnection,
    search: Search,
    scores: dict[str, int],
    where: str,
    parameters: list[object],
    order: str,
) -> Found:
    """The page when few customers match: their ids as a list use the index, a join does not."""
    found = [
        row["customer_id"]
        for row in _rows(
            cursor,
            f"select customer_id from customers {where} and customer_id in "  # noqa: S608
            f"({', '.join('?' * len(scores)) or 'null'}) order by {order}",
            [*parameters, *scores],
        )
    ]
    found.sort(key=lambda customer_id: -scores[customer_id])
    page = max(1, min(search.page, pages_of(len(found))))
    shown = found[PAGE_SIZE * (page - 1) : PAGE_SIZE * page]
    return Found(_customers(cursor, shown), len(found), page)


def pages_of(total: int) -> int:
    """How many pages a list of so many customers has; very long lists are cut."""
    return max(1, min(MOST_PAGES, -(-total // PAGE_SIZE)))


def _customers(cursor: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[Row]:
    if not ids:
        return []
    rows = _rows(
        cursor,
        f"select {_CUSTOMER_COLUMNS} from (select unnest(?) as customer_id) "  # noqa: S608
        "join customers using (customer_id)",
        [list(ids)],
    )
    by_id = {row["customer_id"]: row for row in rows}
    return [by_id[identifier] for identifier in ids if identifier in by_id]


def filter_values(cursor: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The sources, countries and life cycle stages there are, the most frequent first."""
    sources = _rows(
        cursor,
        "select source as value from customer_identities group by source order by source",
    )
    countries = _rows(
        cursor,
        "select country as value from customers where country <> '' "
        "group by country order by count(*) desc, country limit 250",
    )
    stages = _rows(
        cursor,
        "select lifecycle_stage as value from customers where lifecycle_stage <> '' "
        "group by lifecycle_stage order by count(*) desc, lifecycle_stage limit 50",
    )
    return {
        "source": [row["value"] for row in sources],
        "country": [row["value"] for row in countries],
        "lifecycle": [row["value"] for row in stages],
    }


def resolve(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> Resolved:
    """Follow an id, which a link may have kept for years, to the customer of today."""
    seen: set[str] = set()
    merged_at: datetime | None = None
    wanted = customer_id
    while wanted not in seen:
        seen.add(wanted)
        if _row(cursor, "select 1 from customers where customer_id = ?", [wanted]):
            return Resolved(wanted, merged_at)
        last = _row(
            cursor,
            "select event, other_customer_id, happened_at from customer_id_history "
            "where customer_id = ? and event in ('merge', 'retire') "
            "order by happened_at desc, event_id desc limit 1",
            [wanted],
        )
        if last is None:
            break
        if last["event"] == "retire" or not last["other_customer_id"]:
            return Resolved(None, merged_at, last["happened_at"])
        merged_at = merged_at or last["happened_at"]
        wanted = last["other_customer_id"]
    return Resolved(None)


def customer(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> Row | None:
    """One row of `customers`, or None."""
    rows = _customers(cursor, [customer_id])
    return rows[0] if rows else None


def attributes(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> list[Row]:
    """Every value ever seen, winners first."""
    return _rows(
        cursor,
        "select attribute, value, source, record_id, observed_at, is_winner, rule, decided_by "
        "from customer_attributes where customer_id = ? "
        "order by attribute, is_winner desc, observed_at desc nulls last, source, record_id",
        [customer_id],
    )


def identities(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> list[Row]:
    """The source records behind a customer, the oldest first."""
    return _rows(
        cursor,
        "select source, record_id, record_name, record_email, record_phone, linked_by, "
        "match_probability, first_seen_at, updated_at from customer_identities "
        "where customer_id = ? order by first_seen_at nulls last, source, record_id limit 200",
        [customer_id],
    )


@dataclass(frozen=True)
class Comparison:
    """One comparison of two records: positive weights speak for one person."""

    name: str
    weight: float


@dataclass(frozen=True)
class Link:
    """Two records that were joined, and why."""

    left: tuple[str, str]
    right: tuple[str, str]
    match_weight: float
    match_probability: float
    explanation: str
    against: str
    comparisons: tuple[Comparison, ...]

    def turned(self) -> "Link":
        """The same link, told from its other record."""
        return replace(self, left=self.right, right=self.left)


def links(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> list[Link]:
    """The pairs that were joined, the strongest first; each comparison has a `…_weight` column."""
    rows = _rows(
        cursor,
        "select * from customer_links where customer_id = ? "
        "order by match_weight desc, left_source, left_record_id, right_source, right_record_id "
        "limit 100",
        [customer_id],
    )
    found = []
    for row in rows:
        comparisons = tuple(
            Comparison(name.removesuffix("_weight"), float(weight))
            for name, weight in row.items()
            if name.endswith("_weight") and name != "match_weight" and weight
        )
        found.append(
            Link(
                (row["left_source"], row["left_record_id"]),
                (row["right_source"], row["right_record_id"]),
                float(row["match_weight"]),
                float(row["match_probability"]),
                row["explanation"] or "",
                row["evidence_against"] or "",
                comparisons,
            )
        )
    return found


def id_history(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> list[Row]:
    """What happened to an id and to those that were merged into it, the latest first."""
    return _rows(
        cursor,
        "select happened_at, event, customer_id, other_customer_id, record_count "
        "from customer_id_history "
        "where customer_id = ? or other_customer_id = ? "
        "order by happened_at desc, event_id limit 100",
        [customer_id, customer_id],
    )


# An invoice that is paid within a day is one event to a reader: that it was paid.
_EVENTS = """
    select event_id, happened_at, source, kind, title, detail, amount, currency, staff_name,
        object_id, object_type
    from customer_timeline where customer_id = ?
    qualify kind is distinct from 'invoice_issued' or object_id is null
        or coalesce(
            min(happened_at) filter (where kind = 'invoice_paid')
                over (partition by object_type, object_id) > happened_at + interval 1 day,
            true
        )
"""


def timeline_sources(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> dict[str, int]:
    """The number of events a system."""
    rows = _rows(
        cursor,
        f"select source, count(*) as events from ({_EVENTS}) group by source order by source",  # noqa: S608
        [customer_id],
    )
    return {row["source"]: row["events"] for row in rows}


def timeline(
    cursor: duckdb.DuckDBPyConnection, customer_id: str, source: str | None, limit: int
) -> list[Row]:
    """The latest events, of one system or of all."""
    return _rows(
        cursor,
        f"select * from ({_EVENTS}) where ? is null or source = ? "  # noqa: S608
        "order by happened_at desc nulls last, event_id desc limit ?",
        [customer_id, source, source, limit],
    )


def money(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> list[Row]:
    """What was paid, refunded and is still owed, a currency a row.

    What was paid is what invoices say, and charges that belong to no invoice.
    """
    return _rows(
        cursor,
        """
        with amounts as (
            select currency, amount_paid as paid, 0 as refunded,
                case when status = 'open' then amount_remaining else 0 end as outstanding
            from invoices where customer_id = ?
            union all
            select currency,
                case when kind = 'charge' and status = 'succeeded' and invoice_id is null
                    then amount else 0 end,
                case when kind = 'refund' and status = 'succeeded' then -amount else 0 end, 0
            from payments where customer_id = ?
        )
        select currency, sum(paid) as paid, sum(refunded) as refunded,
            sum(outstanding) as outstanding
        from amounts group by currency
        having sum(paid) <> 0 or sum(refunded) <> 0 or sum(outstanding) <> 0
        order by paid desc, currency
        """,
        [customer_id, customer_id],
    )


_LISTS = {
    "invoices": (
        "invoice_id, number, status, currency, total, amount_paid, amount_remaining, created_at, "
        "due_at, description",
        "created_at desc nulls last, invoice_id",
    ),
    "payments": (
        "payment_id, kind, status, currency, amount, description, failure_message, created_at",
        "created_at desc nulls last, payment_id",
    ),
    "subscriptions": (
        'subscription_id, product_name, status, currency, amount, "interval", interval_count, '
        "started_at, current_period_end, cancel_at_period_end, ended_at",
        "started_at desc nulls last, subscription_id",
    ),
    "tickets": (
        "ticket_id, subject, status, priority, assignee_name, satisfaction_score, comment_count, "
        "created_at, solved_at",
        "created_at desc nulls last, ticket_id",
    ),
    "deals": (
        "deal_id, name, stage, is_closed, is_won, currency, amount, owner_name, created_at, "
        "closed_at",
        "created_at desc nulls last, deal_id",
    ),
    "campaign_members": (
        "campaign_id, campaign_title, subject_line, list_name, sent_at, open_count, click_count, "
        "bounced, unsubscribed",
        "sent_at desc nulls last, campaign_id",
    ),
}


LISTED = tuple(_LISTS)


@dataclass(frozen=True)
class Listed:
    """The latest rows of a table and the number of all."""

    rows: list[Row]
    total: int


def listed(
    cursor: duckdb.DuckDBPyConnection, table: str, customer_id: str, limit: int = 100
) -> Listed:
    """The latest rows that one customer has in a table.

    Args:
        cursor: A cursor on the published file.
        table: One of LISTED.
        customer_id: Whose rows.
        limit: How many at most.
    """
    columns, order = _LISTS[table]
    rows = _rows(
        cursor,
        f"select {columns}, count(*) over () as all_rows from {table} "  # noqa: S608
        f"where customer_id = ? order by {order} limit ?",
        [customer_id, limit],
    )
    return Listed(rows, rows[0]["all_rows"] if rows else 0)


def staff(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> Listed:
    """Who met the customer, where, how often, in which `kinds` of events and when last.

    Whoever met the customer last comes first; so does the most frequent kind.
    """
    rows = _rows(
        cursor,
        """
        with by_kind as (
            select staff_name, source, kind, count(*) as events, max(happened_at) as last_at
            from customer_timeline where customer_id = ? and staff_name <> ''
            group by all
        )
        select staff_name, string_agg(distinct source, ',' order by source) as sources,
            list(kind order by events desc, kind) as kinds, sum(events)::bigint as meetings,
            max(last_at) as last_at
        from by_kind group by staff_name
        order by last_at desc nulls last, staff_name limit 50
        """,
        [customer_id],
    )
    return Listed(rows, len(rows))


def housemates(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> Listed:
    """The other members of the customer's household, by name, and what makes them members."""
    rows = _rows(
        cursor,
        "select customer_id, linked_by from household_members "
        "where household_id = (select household_id from household_members where customer_id = ?) "
        "and customer_id <> ? order by customer_id limit 50",
        [customer_id, customer_id],
    )
    names = named_customers(cursor, [row["customer_id"] for row in rows])
    found = [{**row, "display_name": names.get(row["customer_id"])} for row in rows]
    found.sort(key=lambda row: (row["display_name"] or "\U0010ffff").lower())
    return Listed(found, len(found))


def companies(cursor: duckdb.DuckDBPyConnection, customer_id: str) -> Listed:
    """The accounts that the customer belongs to, each with what it is a part of; main one first."""
    rows = _rows(
        cursor,
        "select accounts.account_id, accounts.name, accounts.domain, accounts.customer_count, "
        "accounts.role_mailboxes, members.linked_by, parent.name as parent_name, "
        "case when top.account_id not in (accounts.account_id, parent.account_id) "
        "then top.name end as top_name "
        "from account_members as members join accounts using (account_id) "
        "left join accounts as parent on parent.account_id = accounts.parent_account_id "
        "left join accounts as top on top.account_id = accounts.ultimate_parent_account_id "
        "where members.customer_id = ? "
        "order by members.is_primary desc, accounts.account_id limit 50",
        [customer_id],
    )
    return Listed(rows, len(rows))


def totals(cursor: duckdb.DuckDBPyConnection) -> Row:
    """How many customers and records there are, and how many customers several systems know."""
    found = _row(
        cursor,
        "select (select count(*) from customers) as customers, "
        "(select count(*) from customer_identities) as records, "
        "(select count(*) from customers where source_count > 1) as shared",
    )
    return found or {}


def streams(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    """What was read, a stream a row."""
    return _rows(
        cursor,
        "select source, stream, records, rejected, last_extracted_at from published_streams "
        "order by source, stream",
    )


def monthly_customers(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    """New customers in each of the last 24 months that have any."""
    return _rows(
        cursor,
        "select date_trunc('month', first_seen_at)::date as month, count(*) as customers "
        "from customers where first_seen_at is not null "
        "group by 1 order by 1 desc limit 24",
    )[::-1]


def monthly_activity(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    """Events a month and system, in the last 24 months that have any."""
    return _rows(
        cursor,
        """
        with monthly as (
            select date_trunc('month', happened_at)::date as month, source, count(*) as events
            from customer_timeline where happened_at is not null group by 1, 2
        )
        select month, source, events from monthly
        where month in (select distinct month from monthly order by month desc limit 24)
        order by month, source
        """,
    )


def checks(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    """The quality checks of this generation, failing ones first, critical before warnings."""
    return _rows(
        cursor,
        # All columns: what was published before checks had Hebrew titles has no `title_he`.
        "select * from quality_checks order by success, severity <> 'critical', mart, check_id",
    )


def named_customers(cursor: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> dict[str, str | None]:
    """The names of those of the ids that are customers."""
    if not ids:
        return {}
    rows = _rows(
        cursor,
        "select customer_id, display_name from customers "  # noqa: S608
        f"where customer_id in ({', '.join('?' * len(ids))})",
        ids,
    )
    return {row["customer_id"]: row["display_name"] for row in rows}


def is_sandbox(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether the people are made up."""
    row = _row(cursor, "select bool_or(sandbox) as sandbox from published_generation")
    return bool(row and row["sandbox"])


_KEYS = {
    "invoices": "invoice_id",
    "payments": "payment_id",
    "subscriptions": "subscription_id",
    "tickets": "ticket_id",
    "deals": "deal_id",
    "activities": "activity_id",
    "customer_timeline": "event_id",
}


def owners(cursor: duckdb.DuckDBPyConnection, mart: str, keys: Sequence[str]) -> dict[str, str]:
    """The customers that rows of a mart belong to, by the row's key."""
    column = _KEYS.get(mart)
    if column is None or not keys:
        return {}
    rows = _rows(
        cursor,
        f"select cast({column} as varchar) as key, customer_id from {mart} "  # noqa: S608
        f"where cast({column} as varchar) in ({', '.join('?' * len(keys))}) "
        "and customer_id is not null",
        keys,
    )
    return {row["key"]: row["customer_id"] for row in rows}
