"""What two records say about each other, comparison by comparison, in words and values.

Identity resolution publishes a weight for each comparison and the reasons as one text. Which
comparison a reason belongs to stands here; a test holds it against the seed `identity_weights`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.queries import Link

COMPARED: dict[str, tuple[str, ...]] = {
    "email": (
        "same e-mail",
        "same shared e-mail",
        "same mailbox of an organisation",
        "same role mailbox",
        "same e-mail as many people",
        "same mailbox name at another provider",
        "same name and number in the e-mail",
        "same name in the e-mail",
        "e-mail that differs by a slip",
        "different e-mail",
    ),
    "phone": (
        "same phone",
        "same shared phone",
        "same phone as many people",
        "phone that differs by a slip",
        "different phone",
    ),
    "national_id": (
        "same national id",
        "same national id as several people",
        "same national id as many people",
        "national id that differs by a slip",
        "different national id",
    ),
    "external_id": (
        "one system names the other's record",
        "both name a record that several people name",
    ),
    "given_name": (
        "same given name",
        "nickname of the given name",
        "same given name in the other script",
        "given name that sounds the same",
        "similar given name",
        "same initial",
        "a person and an organisation",
        "different given name",
    ),
    "family_name": (
        "same family name",
        "same family name in the other script",
        "family name that sounds the same",
        "part of the family name",
        "similar family name",
        "same family initial",
        "different family name",
    ),
    "name_order": ("names swapped",),
    "address": (
        "same street address",
        "street that differs by a slip",
        "same postcode",
        "same city",
        "different city",
    ),
    "company": ("same company", "different company"),
    "birth_date": (
        "same birth date",
        "same birth date as many people",
        "same birthday",
        "birth date that differs by a slip",
        "different birth date",
    ),
    "gender": ("different gender",),
}
# Not about what one record says and the other does, but about how to count it.
CORRECTIONS = ("prior", "name_frequency", "dependence")

_COMPARISON_OF = {reason: name for name, reasons in COMPARED.items() for reason in reasons}
_VALUE_OF = {
    "email": "email",
    "phone": "phone",
    "given_name": "given_name",
    "family_name": "family_name",
    "name_order": "display_name",
    "company": "company",
    "birth_date": "birth_date",
    "gender": "gender",
}
_VALUE_OF_ADDRESS = {
    "same street address": "street",
    "street that differs by a slip": "street",
    "same postcode": "postcode",
    "same city": "city",
    "different city": "city",
}


@dataclass(frozen=True)
class Evidence:
    """One comparison of two records.

    Attributes:
        comparison: What was compared.
        reason: What came out, in the words of identity resolution; empty for a correction.
        weight: Powers of two: +10 makes it 1,024 times likelier that both are one person.
        attribute: What the values are.
        values: What the two records hold; once if both hold the same; empty if one is unknown.
        is_correction: Whether it says how to count rather than what is alike.
    """

    comparison: str
    reason: str
    weight: float
    attribute: str
    values: tuple[str, ...]
    is_correction: bool


def evidence(link: Link, said: Mapping[tuple[str, str, str], str | None]) -> list[Evidence]:
    """Tell the comparisons of a link: what speaks most for it first, corrections last.

    Args:
        link: Two records that were joined.
        said: The values of the customer's records, by source, record id and attribute.
    """
    reasons = {}
    for text in (link.explanation, link.against):
        for reason in (part.strip() for part in text.split(";")):
            if reason in _COMPARISON_OF:
                reasons[_COMPARISON_OF[reason]] = reason
    found = []
    for comparison in link.comparisons:
        reason = reasons.get(comparison.name, "")
        attribute = _VALUE_OF_ADDRESS.get(reason) or _VALUE_OF.get(comparison.name, "")
        pair = [said.get((*record, attribute)) for record in (link.left, link.right)]
        values = tuple(dict.fromkeys(value for value in pair if value)) if all(pair) else ()
        found.append(
            Evidence(
                comparison.name,
                reason,
                comparison.weight,
                attribute,
                values,
                comparison.name in CORRECTIONS,
            )
        )
    return sorted(found, key=lambda one: (one.is_correction, -one.weight))
