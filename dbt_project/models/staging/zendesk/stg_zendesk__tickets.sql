{{ config(unique_key="ticket_id") }}

with
    records
    as {{
        lake_records(
            "zendesk",
            "tickets",
            primary_key=["id"],
            fields={
                "id": "text",
                "subject": "text",
                "description": "text",
                "status": "text",
                "priority": "text",
                "type": "text",
                "via": {
                    "channel": "text",
                },
                "requester_id": "text",
                "submitter_id": "text",
                "assignee_id": "text",
                "organization_id": "text",
                "group_id": "text",
                "tags": "texts",
                "custom_fields": "json",
                "satisfaction_rating": {
                    "score": "text",
                    "comment": "text",
                },
                "created_at": "timestamp",
                "updated_at": "timestamp",
            },
            deleted="status = 'deleted'",
        )
    }},

    final as (
        select
            id as ticket_id,
            subject,
            description,
            status,
            priority,
            type,
            via_channel as channel,
            requester_id,
            submitter_id,
            assignee_id,
            organization_id,
            group_id,
            tags,
            custom_fields as custom_fields_json,
            satisfaction_rating_score as satisfaction_score,
            satisfaction_rating_comment as satisfaction_comment,
            created_at,
            updated_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
