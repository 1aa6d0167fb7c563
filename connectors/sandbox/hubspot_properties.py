"""Which properties each HubSpot object type has."""

from __future__ import annotations

from typing import Any

_DATES = {
    "contacts": ("createdate", "lastmodifieddate"),
    "companies": ("createdate", "hs_lastmodifieddate"),
    "deals": ("createdate", "hs_lastmodifieddate"),
    "tickets": ("createdate", "hs_lastmodifieddate"),
    "line_items": ("createdate", "hs_lastmodifieddate"),
    "products": ("createdate", "hs_lastmodifieddate"),
}
_ENGAGEMENT = ("hs_timestamp", "hubspot_owner_id")
_NAMES: dict[str, tuple[str, ...]] = {
    "contacts": (
        "firstname",
        "lastname",
        "email",
        "hs_additional_emails",
        "phone",
        "mobilephone",
        "address",
        "city",
        "state",
        "zip",
        "country",
        "company",
        "jobtitle",
        "date_of_birth",
        "gender",
        "hs_language",
        "lifecyclestage",
        "hs_lead_status",
        "hubspot_owner_id",
        "associatedcompanyid",
        "hs_merged_object_ids",
    ),
    "companies": (
        "name",
        "domain",
        "phone",
        "address",
        "address2",
        "city",
        "state",
        "zip",
        "country",
        "industry",
        "numberofemployees",
        "website",
        "lifecyclestage",
        "hubspot_owner_id",
        "hs_parent_company_id",
    ),
    "deals": (
        "dealname",
        "amount",
        "deal_currency_code",
        "dealstage",
        "pipeline",
        "closedate",
        "hs_is_closed",
        "hs_is_closed_won",
        "dealtype",
        "hubspot_owner_id",
    ),
    "calls": (
        *_ENGAGEMENT,
        *[
            "hs_call_title",
            "hs_call_body",
            "hs_call_direction",
            "hs_call_duration",
            "hs_call_status",
        ],
    ),
    "meetings": (
        *_ENGAGEMENT,
        *[
            "hs_meeting_title",
            "hs_meeting_body",
            "hs_meeting_start_time",
            "hs_meeting_end_time",
            "hs_meeting_outcome",
            "hs_meeting_location",
        ],
    ),
    "notes": (*_ENGAGEMENT, "hs_note_body"),
    "tasks": (
        *_ENGAGEMENT,
        *["hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_priority", "hs_task_type"],
    ),
    "emails": (
        *_ENGAGEMENT,
        *[
            "hs_email_subject",
            "hs_email_text",
            "hs_email_direction",
            "hs_email_status",
            "hs_email_from_email",
            "hs_email_to_email",
        ],
    ),
    "tickets": (
        "subject",
        "content",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_priority",
        "hs_ticket_category",
        "source_type",
        "hubspot_owner_id",
        "closed_date",
        "affected_product",
    ),
    "line_items": (
        "name",
        "hs_product_id",
        "hs_sku",
        "quantity",
        "price",
        "amount",
        "hs_line_item_currency_code",
        "hs_position_on_quote",
        "hs_recurring_billing_start_date",
        "delivery_site",
    ),
    "products": (
        "name",
        "description",
        "hs_sku",
        "price",
        "recurringbillingfrequency",
        "list_season",
    ),
    "leads": (
        "hs_lead_name",
        "hs_lead_type",
        "hs_lead_label",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hubspot_owner_id",
    ),
}
_CUSTOM = frozenset({"affected_product", "delivery_site", "list_season"})
"""Properties that the account made for itself; HubSpot has the others."""
PROPERTIES: dict[str, tuple[str, ...]] = {
    kind: (*names, "hs_object_id", *_DATES.get(kind, ("hs_createdate", "hs_lastmodifieddate")))
    for kind, names in _NAMES.items()
}
_DEFAULTS = {
    "contacts": ("firstname", "lastname", "email"),
    "companies": ("name", "domain"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
    "tickets": (
        "content",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ),
    "line_items": ("amount", "quantity"),
    "products": ("description", "name", "price"),
    "leads": ("hs_lead_name",),
}
_TYPES = {
    "datetime": ("date", "timestamp", "_time"),
    "number": ("amount", "duration", "numberofemployees", "object_id", "companyid", "company_id"),
}


def default_properties(kind: str) -> tuple[str, ...]:
    """Return what HubSpot sends when no properties are asked for."""
    return _DEFAULTS.get(kind, ())


def property_type(name: str) -> str:
    """Return a property's type: `datetime`, `number` or `string`."""
    if name == "date_of_birth":
        return "string"
    for kind, parts in _TYPES.items():
        if any(part in name for part in parts):
            return kind
    return "string"


def definition(kind: str, name: str) -> dict[str, Any]:
    """Return a property's definition."""
    type_ = property_type(name)
    return {
        "name": name,
        "label": name.replace("hs_", "").replace("_", " ").title(),
        "type": type_,
        "fieldType": {"datetime": "date", "number": "number"}.get(type_, "text"),
        "description": "",
        "groupName": f"{kind}information",
        "options": [],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": False,
        "hidden": False,
        "hubspotDefined": name not in _CUSTOM,
        "formField": False,
    }
