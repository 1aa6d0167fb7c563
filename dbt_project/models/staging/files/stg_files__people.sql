{{ config(unique_key=["source", "record_id"]) }}

with
    records
    as {{
        lake_records(
            "files",
            "people",
            primary_key=["_source", "record_id"],
            fields={
                "record_id": "text",
                "full_name": "text",
                "given_name": "text",
                "family_name": "text",
                "email": "text",
                "phone": "text",
                "street": "text",
                "city": "text",
                "region": "text",
                "postcode": "text",
                "country": "text",
                "company": "text",
                "job_title": "text",
                "birth_date": "text",
                "national_id": "text",
                "gender": "text",
                "language": "text",
                "updated_at": "timestamp",
                "extra": "json",
            },
        )
    }},

    final as (
        select
            _source as source,
            record_id,
            full_name,
            given_name,
            family_name,
            email,
            phone,
            street,
            city,
            region,
            postcode,
            country,
            company,
            job_title,
            birth_date,
            national_id,
            gender,
            language,
            updated_at,
            extra as extra_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
