{{ config(unique_key=["source", "stream", "place", "record_key"]) }}

with
    records
    as {{
        mapped_records(
            "events",
            {
                "kind": "text",
                "happened_at": "timestamp",
                "person": "texts",
                "email": "texts",
                "title": "named",
                "details": "text",
                "url": "text",
                "amount": "decimal(19,4)",
                "currency": "text",
                "staff": "named",
            },
        )
    }},

    final as (
        select
            source,
            stream,
            place,
            record_key,
            kind,
            happened_at,
            person as person_ids,
            email as emails,
            title,
            title_stream,
            title_id,
            {{ without_html("details") }} as details,
            url,
            amount,
            lower(currency) as currency,
            staff,
            staff_stream,
            staff_id,
            {{ lake_columns() }}
        from records
    )

select *
from final
