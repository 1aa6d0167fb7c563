{{ config(unique_key="list_id") }}

with
    records
    as {{
        lake_records(
            "mailchimp",
            "lists",
            primary_key=["id"],
            fields={
                "id": "text",
                "name": "text",
                "date_created": "timestamp",
                "stats": {
                    "member_count": "bigint",
                },
            },
        )
    }},

    final as (
        select
            id as list_id,
            name,
            stats_member_count as member_count,
            date_created as created_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
