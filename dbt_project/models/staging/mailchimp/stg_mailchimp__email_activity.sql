{{ config(unique_key="email_activity_id") }}

with
    records
    as {{
        lake_records(
            "mailchimp",
            "email_activity",
            primary_key=["campaign_id", "email_id", "action", "timestamp"],
            optional_key=["url"],
            fields={
                "campaign_id": "text",
                "email_id": "text",
                "action": "text",
                "timestamp": "timestamp",
                "list_id": "text",
                "email_address": "text",
                "type": "text",
                "url": "text",
                "ip": "text",
            },
        )
    }},

    final as (
        select
            {{
                hex_digest(
                    "concat_ws('|', campaign_id, email_id, action, timestamp__text, url)"
                )
            }}
            as email_activity_id,
            campaign_id,
            list_id,
            email_id,
            email_address as email,
            action,
            type,
            url,
            ip,
            "timestamp" as happened_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
