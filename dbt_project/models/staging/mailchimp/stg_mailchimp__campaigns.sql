{{ config(unique_key="campaign_id") }}

with
    records
    as {{
        lake_records(
            "mailchimp",
            "campaigns",
            primary_key=["id"],
            fields={
                "id": "text",
                "type": "text",
                "status": "text",
                "create_time": "timestamp",
                "send_time": "timestamp",
                "emails_sent": "bigint",
                "recipients": {
                    "list_id": "text",
                    "list_name": "text",
                },
                "settings": {
                    "title": "text",
                    "subject_line": "text",
                    "preview_text": "text",
                    "from_name": "text",
                },
            },
        )
    }},

    final as (
        select
            id as campaign_id,
            type,
            status,
            recipients_list_id as list_id,
            recipients_list_name as list_name,
            settings_title as title,
            settings_subject_line as subject_line,
            settings_preview_text as preview_text,
            settings_from_name as from_name,
            emails_sent,
            create_time as created_at,
            send_time as sent_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
