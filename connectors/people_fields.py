"""What Kesher can know of a person, by the names that a mapping uses. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal, get_args

PeopleField = Literal[
    "full_name",
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "company",
    "job_title",
    "birth_date",
    "national_id",
    "gender",
    "language",
    "updated_at",
]

PEOPLE_FIELDS: tuple[PeopleField, ...] = get_args(PeopleField)
