{{ config(unique_key=["source", "record_id"]) }}
{%- set told = [
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
] -%}

with
    records
    as {{
        lake_records(
            "files",
            "people",
            primary_key=["_source", "record_id"],
            fields=dict(
                dict.fromkeys(["record_id"] + told, "text"),
                updated_at="timestamp",
                extra="json",
            ),
        )
    }},

    final as (
        select
            {{ record_key("_source", "record_id") }} as record_key,
            _source as source,
            record_id,
            {{ told | join(", ") }},
            updated_at,
            extra as extra_json,
            -- Lists can be long: so nobody has to read a whole one to find what
            -- changed.
            {{
                row_digest(
                    ["_source", "record_id"]
                    + told
                    + ["extra", "coalesce(updated_at, _extracted_at)"]
                )
            }} as record_digest,
            {{ lake_columns() }}
        from records
    )

select *
from final
