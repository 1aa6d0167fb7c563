"""What Kesher can know of a person, by the names that a mapping uses. Imports nothing heavy."""

PEOPLE_FIELDS: tuple[str, ...] = (
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
)
