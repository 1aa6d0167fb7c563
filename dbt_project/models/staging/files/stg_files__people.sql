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
            -- Of what identity reads. Lists can be long: so nobody has to read a whole
            -- one to find what changed.
            {{
                row_digest(
                    ["_source", "record_id"]
                    + told
                    + [
                        "coalesce(updated_at, _extracted_at)",
                        configured_external_ids_of_files("extra", "_source"),
                    ]
                )
            }} as record_digest,
            {{ lake_columns() }}
        from records
    )

select *
from final
