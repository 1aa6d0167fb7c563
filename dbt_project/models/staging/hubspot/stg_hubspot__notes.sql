{{ config(unique_key="note_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "notes",
            primary_key=["id"],
            fields=hubspot_activity_fields(
                {
                    "hs_note_body": "text",
                }
            ),
            deleted="archived",
        )
    }},

    final as (
        select
            id as note_id,
            properties_hs_note_body as body,
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
