{{ config(unique_key=["source", "stream", "place", "record_key"]) }}

with
    records
    as {{
        mapped_records(
            "people",
            {
                "record_id": "text",
                "full_name": "text",
                "given_name": "text",
                "family_name": "text",
                "email": "texts",
                "phone": "texts",
                "street": "text",
                "city": "text",
                "region": "text",
                "postcode": "text",
                "country": "text",
                "company": "named",
                "job_title": "text",
                "birth_date": "text",
                "national_id": "text",
                "gender": "text",
                "language": "text",
                "created_at": "timestamp",
                "updated_at": "timestamp",
            },
        )
    }},

    final as (
        select
            source,
            stream,
            place,
            record_key,
            record_id,
            full_name,
            given_name,
            family_name,
            {{ list_item("email", 1) }} as email,
            nullif(
                {{ list_joined(list_part("email", 2, 50), ";") }}, ''
            ) as other_emails,
            {{ list_item("phone", 1) }} as phone,
            {{ list_item("phone", 2) }} as other_phone,
            street,
            city,
            region,
            postcode,
            country,
            company,
            company_stream,
            company_id,
            job_title,
            birth_date,
            national_id,
            gender,
            language,
            created_at,
            updated_at,
            record_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
