{{ config(unique_key="ticket_comment_id") }}

with
    records
    as {{
        lake_records(
            "zendesk",
            "ticket_comments",
            primary_key=["id"],
            fields={
                "id": "text",
                "ticket_id": "text",
                "author_id": "text",
                "body": "text",
                "plain_body": "text",
                "public": "boolean",
                "via": {
                    "channel": "text",
                },
                "created_at": "timestamp",
            },
        )
    }},

    final as (
        select
            id as ticket_comment_id,
            ticket_id,
            author_id,
            coalesce(plain_body, body) as body,
            public as is_public,
            via_channel as channel,
            created_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
