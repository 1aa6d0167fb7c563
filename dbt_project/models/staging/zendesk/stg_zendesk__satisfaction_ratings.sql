{{ config(unique_key="satisfaction_rating_id") }}

with
    records
    as {{
        lake_records(
            "zendesk",
            "satisfaction_ratings",
            primary_key=["id"],
            fields={
                "id": "text",
                "ticket_id": "text",
                "requester_id": "text",
                "assignee_id": "text",
                "score": "text",
                "comment": "text",
                "reason": "text",
                "created_at": "timestamp",
                "updated_at": "timestamp",
            },
        )
    }},

    final as (
        select
            id as satisfaction_rating_id,
            ticket_id,
            requester_id,
            assignee_id,
            score,
            comment,
            reason,
            created_at,
            updated_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
