{{ config(unique_key="meeting_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "meetings",
            primary_key=["id"],
            fields=hubspot_activity_fields(
                {
                    "hs_meeting_title": "text",
                    "hs_meeting_body": "text",
                    "hs_meeting_outcome": "text",
                    "hs_meeting_location": "text",
                    "hs_meeting_start_time": "timestamp",
                    "hs_meeting_end_time": "timestamp",
                }
            ),
            deleted="archived",
        )
    }},

    final as (
        select
            id as meeting_id,
            properties_hs_meeting_title as subject,
            properties_hs_meeting_body as body,
            properties_hs_meeting_outcome as status,
            properties_hs_meeting_location as location,
            properties_hs_meeting_start_time as started_at,
            properties_hs_meeting_end_time as ended_at,
            properties_hubspot_owner_id as owner_id,
            associations_contacts_results as contact_ids,
            associations_companies_results as company_ids,
            associations_deals_results as deal_ids,
            coalesce(
                properties_hs_timestamp, properties_hs_createdate, createdat
            ) as happened_at,
            createdat as created_at,
            updatedat as updated_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
