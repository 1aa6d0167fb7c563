{{ config(unique_key="call_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "calls",
            primary_key=["id"],
            fields=hubspot_activity_fields(
                {
                    "hs_call_title": "text",
                    "hs_call_body": "text",
                    "hs_call_direction": "text",
                    "hs_call_status": "text",
                    "hs_call_disposition": "text",
                    "hs_call_duration": "bigint",
                }
            ),
            deleted="archived",
        )
    }},

    final as (
        select
            id as call_id,
            properties_hs_call_title as subject,
            properties_hs_call_body as body,
            properties_hs_call_direction as direction,
            properties_hs_call_status as status,
            properties_hs_call_disposition as disposition,
            properties_hs_call_duration as duration_milliseconds,
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
