"""The API answers as the vendors do: keys, pages, limits, parameters, errors, shapes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests

from connectors import sandbox
from connectors.sandbox.store import STREAMS
from tests.connectors.sandbox.conftest import Vendors

HERE = Path(__file__).parent
STRIPE_KEYS: dict[str, dict[str, str]] = json.loads((HERE / "stripe_keys.json").read_text())
HUBSPOT: dict[str, Any] = json.loads((HERE / "hubspot_schemas.json").read_text())
CRM = (
    *("contacts", "companies", "deals", "tickets", "line_items", "products", "leads"),
    *("calls", "meetings", "notes", "tasks", "emails"),
)
CLOCK = int(datetime(2026, 6, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("vendor", "path", "told"),
    [
        ("stripe", "/v1/customers", "error"),
        ("zendesk", "/api/v2/users.json", "error"),
        ("mailchimp", "/3.0/lists", "title"),
        ("hubspot", "/crm/v3/objects/contacts", "category"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}])
def test_a_wrong_key_is_refused_in_the_vendors_words(
    vendors: Vendors, vendor: str, path: str, told: str, headers: dict[str, str]
) -> None:
    answer = requests.get(f"{vendors.url}/{vendor}{path}", headers=headers, timeout=30)
    assert answer.status_code == 401
    assert told in answer.json()


def test_keys_are_taken_by_basic_and_bearer(vendors: Vendors) -> None:
    stripe = requests.get(
        f"{vendors.url}/stripe/v1/customers", auth=("sk_test_kesher_sandbox", ""), timeout=30
    )
    mailchimp = requests.get(
        f"{vendors.url}/mailchimp/3.0/ping",
        headers={"authorization": "Bearer kesher-sandbox-us1"},
        timeout=30,
    )
    assert (stripe.status_code, mailchimp.status_code) == (200, 200)


def test_the_date_header_is_the_sandbox_clock(vendors: Vendors) -> None:
    for vendor, path in (("stripe", "/v1/products"), ("mailchimp", "/3.0/ping")):
        date = parsedate_to_datetime(vendors.ask(vendor, path).headers["date"])
        assert date.timestamp() == CLOCK


def _once(records: list[dict[str, Any]], *keys: str) -> int:
    found = [tuple(record[key] for key in keys or ("id",)) for record in records]
    assert len(found) == len(set(found)), "a record came twice"
    return len(found)


@pytest.mark.parametrize("size", [7, 100])
def test_paging_yields_each_record_once(vendors: Vendors, size: int) -> None:
    counts = sandbox.counts(vendors.directory)
    stripe = {
        stream: _once(
            vendors.stripe(stream, size, **({"status": "all"} if stream == "subscriptions" else {}))
        )
        for stream in STREAMS["stripe"]
    }
    assert stripe == counts["stripe"]
    assert _once(vendors.cursor("users", size=size)) == counts["zendesk"]["users"]
    assert _once(vendors.cursor("tickets", size=size)) == counts["zendesk"]["tickets"]
    assert _once(vendors.comments()) == counts["zendesk"]["ticket_comments"]
    assert _once(vendors.ratings(size)) == counts["zendesk"]["satisfaction_ratings"]
    assert _once(vendors.members(count=size), "list_id", "id") == counts["mailchimp"]["members"]
    campaigns = vendors.mailchimp("/3.0/campaigns", "campaigns", size)
    assert _once(campaigns) == counts["mailchimp"]["campaigns"] >= 24
    hubspot = {kind: _once(vendors.hubspot(kind, size)) for kind in STREAMS["hubspot"]}
    assert hubspot == counts["hubspot"]


def test_time_based_exports_repeat_only_the_boundary(vendors: Vendors) -> None:
    found = [each["id"] for each in vendors.export("organizations", size=2)]
    assert len(set(found)) == sandbox.counts(vendors.directory)["zendesk"]["organizations"]
    assert len(found) > len(set(found))


def test_email_activity_counts_actions(vendors: Vendors) -> None:
    actions = set()
    for campaign in vendors.mailchimp("/3.0/campaigns", "campaigns"):
        path = f"/3.0/reports/{campaign['id']}/email-activity"
        recipients = vendors.mailchimp(path, "emails", 50)
        assert len(recipients) == campaign["emails_sent"]
        for each in recipients:
            assert set(each) >= {"campaign_id", "list_id", "email_id", "email_address", "activity"}
            actions |= {
                (each["campaign_id"], each["email_id"], action["action"], action["timestamp"])
                for action in each["activity"]
            }
    assert len(actions) == sandbox.counts(vendors.directory)["mailchimp"]["email_activity"] > 0


@pytest.mark.parametrize(
    ("vendor", "path", "query"),
    [
        ("stripe", "/v1/customers", {"limit": 101}),
        ("stripe", "/v1/customers", {"limit": "many"}),
        ("stripe", "/v1/customers", {"surprise": 1}),
        ("zendesk", "/api/v2/satisfaction_ratings.json", {"page[size]": 101}),
        ("zendesk", "/api/v2/incremental/users/cursor.json", {}),
        ("zendesk", "/api/v2/incremental/users/cursor.json", {"start_time": CLOCK}),
        ("zendesk", "/api/v2/users.json", {"page": 0}),
        ("zendesk", "/api/v2/incremental/users/cursor.json", {"cursor": "nonsense"}),
        ("mailchimp", "/3.0/lists", {"count": 1001}),
        ("mailchimp", "/3.0/lists/a1f0newslt/members", {"since_last_changed": "yesterday"}),
        ("hubspot", "/crm/v3/objects/contacts", {"limit": 101}),
        ("hubspot", "/crm/v3/objects/dragons", {}),
    ],
)
def test_what_a_vendor_refuses_is_refused(
    vendors: Vendors, vendor: str, path: str, query: dict[str, Any]
) -> None:
    answer = vendors.ask(vendor, path, **query)
    assert answer.status_code == 400, answer.text
    assert isinstance(answer.json(), dict)


def test_zendesk_lowers_a_page_that_is_too_large(vendors: Vendors) -> None:
    page = vendors.get("zendesk", "/api/v2/users.json", per_page=5000)
    assert len(page["users"]) <= 100


@pytest.mark.parametrize(
    ("vendor", "path"),
    [
        ("stripe", "/v1/customers/cus_nobody"),
        ("stripe", "/v1/dragons"),
        ("stripe", "/v2/anything"),
        ("zendesk", "/api/v2/users/1.json"),
        ("zendesk", "/api/v2/dragons.json"),
        ("mailchimp", "/3.0/lists/nowhere/members"),
        ("mailchimp", "/3.0/dragons"),
        ("hubspot", "/crm/v3/objects/contacts/1"),
        ("hubspot", "/crm/v9"),
    ],
)
def test_what_is_not_there_is_not_found(vendors: Vendors, vendor: str, path: str) -> None:
    answer = vendors.ask(vendor, path)
    assert answer.status_code == 404
    assert isinstance(answer.json(), dict)


def _error(vendors: Vendors, vendor: str, path: str, **query: Any) -> tuple[int, dict[str, Any]]:
    answer = vendors.ask(vendor, path, **query)
    found: dict[str, Any] = answer.json()
    return answer.status_code, found


def test_errors_of_stripe_name_code_parameter_and_page(vendors: Vendors) -> None:
    missing = {
        "message": "No such customer: 'cus_nobody'",
        "type": "invalid_request_error",
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
    }
    assert _error(vendors, "stripe", "/v1/customers/cus_nobody") == (
        404,
        {"error": {**missing, "param": "id"}},
    )
    # What a parameter names, and is not there, makes a bad request.
    assert _error(vendors, "stripe", "/v1/customers", starting_after="cus_nobody") == (
        400,
        {"error": {**missing, "param": "starting_after"}},
    )
    status, body = _error(vendors, "stripe", "/v1/invoices", **{"created[gte]": "soon"})
    assert (status, body["error"]["param"]) == (400, "created[gte]")
    assert body["error"]["code"] == "parameter_invalid_integer"
    status, body = _error(vendors, "stripe", "/v1/dragons")
    assert status == 404
    assert body["error"]["message"].startswith("Unrecognized request URL (GET: /v1/dragons).")
    assert set(body["error"]) == {"message", "type"}


def test_errors_of_zendesk_come_in_its_three_forms(vendors: Vendors) -> None:
    recent = "Too recent start_time. Use a start_time older than 60 seconds"
    exports = "/api/v2/incremental"
    assert _error(vendors, "zendesk", f"{exports}/tickets/cursor.json", start_time=CLOCK) == (
        400,
        {"error": "StartTimeTooRecent", "description": recent},
    )
    assert _error(vendors, "zendesk", f"{exports}/organizations.json", start_time=CLOCK) == (
        422,
        {"error": "InvalidValue", "description": recent},
    )
    assert _error(vendors, "zendesk", "/api/v2/users/1.json") == (
        404,
        {"error": "RecordNotFound", "description": "Not found"},
    )
    assert _error(vendors, "zendesk", "/api/v2/dragons.json") == (
        404,
        {"error": "InvalidEndpoint", "description": "Not found"},
    )
    for query, code in (
        ({"page": 101, "per_page": 100}, "InvalidPaginationDepth"),
        ({"page[size]": 101}, "InvalidPaginationParameter"),
        ({"page[size]": 5, "page[after]": "?"}, "InvalidPaginationParameter"),
    ):
        status, body = _error(vendors, "zendesk", "/api/v2/users.json", **query)
        assert (status, [each["code"] for each in body["errors"]]) == (400, [code])


def test_errors_of_mailchimp_are_problem_documents(vendors: Vendors) -> None:
    answer = vendors.ask("mailchimp", "/3.0/lists/nowhere")
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    body = answer.json()
    assert body.pop("instance")
    assert body == {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": "Resource Not Found",
        "status": 404,
        "detail": "The requested resource could not be found.",
    }
    status, body = _error(vendors, "mailchimp", "/3.0/lists", count=1001)
    assert (status, body["title"], body["errors"][0]["field"]) == (400, "Invalid Resource", "count")
    path = f"{vendors.url}/mailchimp/3.0/lists"
    assert requests.get(path, timeout=30).json()["title"] == "API Key Missing"
    wrong = requests.get(path, auth=("anybody", "wrong"), timeout=30).json()
    assert wrong["title"] == "API Key Invalid"


def test_errors_of_hubspot_tell_a_missing_object_from_an_impossible_id(vendors: Vendors) -> None:
    validator = jsonschema_rs.validator_for(HUBSPOT["error"])
    status, body = _error(vendors, "hubspot", "/crm/v3/objects/contacts/1")
    assert (status, body["message"], "category" in body) == (404, "resource not found", False)
    status, body = _error(vendors, "hubspot", "/crm/v3/objects/contacts/somebody")
    validator.validate(body)
    assert (status, body["category"]) == (404, "OBJECT_NOT_FOUND")
    assert body["context"] == {"id": ["somebody"]}
    status, body = _error(vendors, "hubspot", "/crm/v3/objects/dragons")
    validator.validate(body)
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")


def test_small_answers_do_not_wait_for_the_client(vendors: Vendors) -> None:
    """With Nagle's algorithm every answer takes the 40 ms of a delayed acknowledgement."""
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        vendors.get("stripe", "/v1/products", limit=1)
        taken.append(time.perf_counter() - start)
    # The first answers of a connection never wait, and a busy machine delays some of the others.
    assert sorted(taken)[7] < 0.03


_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


def _conforms(name: str, value: dict[str, Any]) -> None:
    expected = STRIPE_KEYS[name]
    assert sorted(value) == sorted(expected), name
    for key, found in value.items():
        # A fixture shows one value; its null may be anything, and null is allowed in ours.
        if found is not None and expected[key] != "null":
            assert _TYPES[type(found)] == expected[key], f"{name}.{key}"


@pytest.mark.parametrize(
    "stream", ["customers", "invoices", "charges", "refunds", "products", "subscriptions"]
)
def test_stripe_objects_have_exactly_the_published_keys(vendors: Vendors, stream: str) -> None:
    found = vendors.stripe(stream, **({"status": "all"} if stream == "subscriptions" else {}))
    assert found
    for each in found:
        _conforms(stream.removesuffix("s"), each)
        for item in each["items"]["data"] if stream == "subscriptions" else ():
            _conforms("subscription_item", item)
            _conforms("price", item["price"])
        for line in each["lines"]["data"] if stream == "invoices" else ():
            _conforms("line_item", line)


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ("prices", "price"),
        ("plans", "plan"),
        ("coupons", "coupon"),
        ("promotion_codes", "promotion_code"),
        ("disputes", "dispute"),
        ("credit_notes", "credit_note"),
        ("payment_intents", "payment_intent"),
        ("checkout/sessions", "checkout.session"),
        ("balance_transactions", "balance_transaction"),
    ],
)
@pytest.mark.parametrize("size", [7, 100])
def test_what_is_made_when_asked_for_has_the_published_keys_and_pages(
    vendors: Vendors, stream: str, name: str, size: int
) -> None:
    found = vendors.stripe(stream, size)
    assert _once(found)
    assert [e["created"] for e in found] == sorted((e["created"] for e in found), reverse=True)
    for each in found:
        _conforms(name, each)
        for line in each["lines"]["data"] if name == "credit_note" else ():
            _conforms("credit_note_line_item", line)
    assert vendors.get("stripe", f"/v1/{stream}/{found[-1]['id']}") == found[-1]
    middle = found[len(found) // 2]["created"]
    later = vendors.stripe(stream, size, **{"created[gte]": middle})
    assert later == [each for each in found if each["created"] >= middle]
    missing = vendors.ask("stripe", f"/v1/{stream}", starting_after="nobody")
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, "resource_missing")


def test_what_stripe_lists_by_its_parent_only(vendors: Vendors) -> None:
    methods = []
    for customer in vendors.stripe("customers")[:40]:
        methods += vendors.stripe(f"customers/{customer['id']}/payment_methods")
    assert _once(methods)
    for method in methods:
        _conforms("payment_method", method)
    invoice = vendors.stripe("invoices")[0]
    assert vendors.stripe(f"invoices/{invoice['id']}/lines") == invoice["lines"]["data"]
    subscription = vendors.stripe("subscriptions")[0]
    items = vendors.stripe("subscription_items", subscription=subscription["id"])
    assert items == subscription["items"]["data"]
    assert vendors.ask("stripe", "/v1/subscription_items").status_code == 400
    nobody = vendors.ask("stripe", "/v1/customers/cus_nobody/payment_methods")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "resource_missing")


def test_stripe_events_hold_whole_objects_of_the_last_30_days(vendors: Vendors) -> None:
    events = vendors.stripe("events")
    kinds = {event["type"] for event in events}
    assert {"customer.created", "invoice.paid", "charge.succeeded"} <= kinds
    for event in events:
        _conforms("event", event)
        assert event["created"] >= CLOCK - 30 * 86_400
        _conforms(event["data"]["object"]["object"], event["data"]["object"])
    only = vendors.stripe("events", **{"types[]": ["invoice.paid", "charge.*"]})
    expected = [e for e in events if e["type"] == "invoice.paid" or e["type"][:7] == "charge."]
    assert [e["id"] for e in only] == [e["id"] for e in expected]


def test_stripe_filters(vendors: Vendors) -> None:
    everything = vendors.stripe("invoices")
    middle = sorted(each["created"] for each in everything)[len(everything) // 2]
    later = vendors.stripe("invoices", **{"created[gte]": middle})
    assert {e["id"] for e in later} == {e["id"] for e in everything if e["created"] >= middle}
    customer = everything[0]["customer"]
    own = vendors.stripe("invoices", customer=customer)
    assert {e["id"] for e in own} == {e["id"] for e in everything if e["customer"] == customer}
    subscriptions = vendors.stripe("subscriptions", status="all")
    live = vendors.stripe("subscriptions")
    assert len(live) == sum(e["status"] != "canceled" for e in subscriptions) < len(subscriptions)


def test_paid_invoices_add_up(vendors: Vendors) -> None:
    totals: dict[str, int] = {}
    charged: dict[str, int] = {}
    for invoice in vendors.stripe("invoices", status="paid"):
        totals[invoice["currency"]] = totals.get(invoice["currency"], 0) + invoice["amount_paid"]
        charged[invoice["id"]] = invoice["amount_paid"]
    assert totals == sandbox.invoice_totals(vendors.directory)
    for charge in vendors.stripe("charges"):
        if charge["paid"]:
            assert charged[charge["metadata"]["invoice_id"]] == charge["amount"]


def test_zendesk_rows_hang_together(vendors: Vendors) -> None:
    users = {user["id"] for user in vendors.cursor("users")}
    tickets = vendors.cursor("tickets")
    assert {ticket["requester_id"] for ticket in tickets} <= users
    comments = vendors.comments()
    assert {comment["author_id"] for comment in comments} <= users
    ticket = next(t for t in tickets if t["status"] == "closed")
    own = vendors.get("zendesk", f"/api/v2/tickets/{ticket['id']}/comments.json")
    assert own["count"] == len(own["comments"]) > 0
    assert {c["id"] for c in own["comments"]} <= {c["id"] for c in comments}


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize(
    "stream",
    [
        *("organization_memberships", "groups", "group_memberships", "tags"),
        *("ticket_fields", "user_fields", "organization_fields", "deleted_tickets"),
    ],
)
def test_zendesk_lists_are_paged_by_cursor(vendors: Vendors, stream: str, size: int) -> None:
    path = f"/api/v2/{stream}"
    whole = vendors.get("zendesk", path)[stream]
    page = vendors.get("zendesk", path, **{"page[size]": size})
    found = page[stream]
    while page["meta"]["has_more"]:
        assert len(page[stream]) == size
        page = vendors.get("zendesk", page["links"]["next"])
        found += page[stream]
    assert found == whole
    assert found
    assert vendors.ask("zendesk", path, **{"page[size]": 101}).status_code == 400


def test_zendesk_lists_records_of_each_custom_object(vendors: Vendors) -> None:
    objects = vendors.get("zendesk", "/api/v2/custom_objects")["custom_objects"]
    assert {each["key"] for each in objects} == {"device", "showroom"}
    users = {str(user["id"]) for user in vendors.cursor("users") if user["active"]}
    path = "/api/v2/custom_objects/device/records"
    page = vendors.get("zendesk", path, **{"page[size]": 7})
    found = page["custom_object_records"]
    while page["meta"]["has_more"]:
        page = vendors.get("zendesk", page["links"]["next"])
        found += page["custom_object_records"]
    assert len(found) > 7
    assert len({record["id"] for record in found}) == len(found)
    assert {record["custom_object_fields"]["customer"] for record in found} <= users
    missing = vendors.ask("zendesk", "/api/v2/custom_objects/dragon/records")
    assert missing.status_code == 404


def test_zendesk_measures_come_beside_tickets_and_one_by_one(vendors: Vendors) -> None:
    path = "/api/v2/incremental/tickets/cursor"
    page = vendors.get("zendesk", path, start_time=0, include="metric_sets")
    plain = vendors.get("zendesk", path, start_time=0)
    beside = [ticket.pop("metric_set") for ticket in page["tickets"]]
    assert page["tickets"] == plain["tickets"]
    for ticket, measures in list(zip(page["tickets"], beside, strict=True))[:20]:
        alone = vendors.get("zendesk", f"/api/v2/tickets/{ticket['id']}/metrics")
        assert alone == {"ticket_metric": measures}
        assert measures["ticket_id"] == ticket["id"]


@pytest.mark.parametrize("kind", CRM)
def test_hubspot_objects_validate(vendors: Vendors, kind: str) -> None:
    names = vendors.properties(kind)
    page = vendors.get(
        "hubspot",
        f"/crm/v3/objects/{kind}",
        limit=100,
        properties=names,
        associations="contacts,companies,deals",
    )
    jsonschema_rs.validator_for(HUBSPOT["list"]).validate(page)
    assert page["results"]
    found = vendors.get("hubspot", f"/crm/v3/objects/{kind}/search", {"limit": 200})
    jsonschema_rs.validator_for(HUBSPOT["search"]).validate(found)
    counts = sandbox.counts(vendors.directory)["hubspot"]
    assert found["total"] == counts.get(kind, len(vendors.hubspot(kind))) > 0


def test_hubspot_gives_the_history_of_a_property_newest_first(vendors: Vendors) -> None:
    path = "/crm/v3/objects/deals"
    page = vendors.get("hubspot", path, limit=50, propertiesWithHistory="dealstage")
    jsonschema_rs.validator_for(HUBSPOT["list"]).validate(page)
    batch = {
        "inputs": [{"id": deal["id"]} for deal in page["results"]],
        "properties": ["dealstage"],
        "propertiesWithHistory": ["dealstage"],
    }
    read = vendors.get("hubspot", f"{path}/batch/read", batch)["results"]
    histories = [deal["propertiesWithHistory"]["dealstage"] for deal in page["results"]]
    assert histories == [deal["propertiesWithHistory"]["dealstage"] for deal in read]
    for deal, history in zip(page["results"], histories, strict=True):
        times = [entry["timestamp"] for entry in history]
        assert times == sorted(times, reverse=True)
        assert times[-1] == deal["createdAt"]
        assert times[0] <= deal["updatedAt"]
        assert history[0]["value"] == deal["properties"]["dealstage"]
    too_many = {"limit": 100, "propertiesWithHistory": "dealstage"}
    assert vendors.ask("hubspot", path, **too_many).status_code == 400


def test_hubspot_refuses_a_search_that_is_too_long(vendors: Vendors) -> None:
    body = {"limit": 1, "properties": ["x" * 3_000]}
    assert vendors.ask("hubspot", "/crm/v3/objects/contacts/search", body).status_code == 400


def test_hubspot_sends_only_the_properties_asked_for(vendors: Vendors) -> None:
    (one,) = vendors.get("hubspot", "/crm/v3/objects/contacts", limit=1, properties="phone")[
        "results"
    ]
    always = {"hs_object_id", "createdate", "lastmodifieddate"}
    assert always <= set(one["properties"]) <= {*always, "phone"}
    assert all(isinstance(value, str) for value in one["properties"].values())


def test_hubspot_search_filters_sorts_and_stops(vendors: Vendors) -> None:
    path = "/crm/v3/objects/contacts/search"
    everything = vendors.hubspot("contacts")
    changed = sorted(each["updatedAt"] for each in everything)
    middle = changed[len(changed) // 2]
    request = {
        "filterGroups": [
            {
                "filters": [
                    {"propertyName": "lastmodifieddate", "operator": "GTE", "value": middle},
                    {"propertyName": "hs_object_id", "operator": "GT", "value": "0"},
                ]
            }
        ],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "limit": 5,
    }
    found: list[str] = []
    after: str | None = "0"
    while after is not None:
        page = vendors.get("hubspot", path, {**request, "after": after})
        found += [each["id"] for each in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    assert found == [each["id"] for each in everything if each["updatedAt"] >= middle]
    refused = vendors.ask("hubspot", path, {"limit": 200, "after": "9900"})
    assert refused.status_code == 400
    jsonschema_rs.validator_for(HUBSPOT["error"]).validate(refused.json())
    too_many = vendors.ask("hubspot", path, {"limit": 201})
    assert too_many.status_code == 400


def test_hubspot_associations_agree(vendors: Vendors) -> None:
    calls = vendors.hubspot("calls", associations="contacts")
    inputs = [{"id": call["id"]} for call in calls]
    batch = vendors.get(
        "hubspot", "/crm/v4/associations/calls/contacts/batch/read", {"inputs": inputs}
    )
    jsonschema_rs.validator_for(HUBSPOT["association_batch"]).validate(batch)
    linked = {
        each["from"]["id"]: [str(to["toObjectId"]) for to in each["to"]]
        for each in batch["results"]
    }
    assert linked == {
        call["id"]: [each["id"] for each in call["associations"]["contacts"]["results"]]
        for call in calls
    }
    contact = linked[calls[0]["id"]][0]
    path = f"/crm/v4/objects/contacts/{contact}/associations/calls"
    back = vendors.get("hubspot", path)
    jsonschema_rs.validator_for(HUBSPOT["association_list"]).validate(back)
    assert calls[0]["id"] in {str(each["toObjectId"]) for each in back["results"]}
    nobody = vendors.ask(
        "hubspot", "/crm/v4/associations/calls/contacts/batch/read", {"inputs": [{"id": "1"}]}
    )
    assert nobody.status_code == 207
    jsonschema_rs.validator_for(HUBSPOT["association_batch_with_errors"]).validate(nobody.json())
    many = [{"id": str(number)} for number in range(1001)]
    refused = vendors.ask(
        "hubspot", "/crm/v4/associations/calls/contacts/batch/read", {"inputs": many}
    )
    assert refused.status_code == 400


def test_hostile_values_are_answered_not_obeyed(vendors: Vendors) -> None:
    assert vendors.ask("stripe", "/v1/customers", email="' or 1=1 --").json()["data"] == []
    filters = [{"propertyName": "email'); drop table meta; --", "operator": "EQ", "value": "x"}]
    answer = vendors.ask(
        "hubspot", "/crm/v3/objects/contacts/search", {"filterGroups": [{"filters": filters}]}
    )
    assert answer.status_code == 400
    assert vendors.get("mailchimp", "/3.0/ping")["health_status"]
