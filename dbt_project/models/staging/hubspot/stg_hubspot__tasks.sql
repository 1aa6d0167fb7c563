{{ config(unique_key="task_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "tasks",
            primary_key=["id"],
            fields=hubspot_activity_fields(
                {
                    "hs_task_subject": "text",
                    "hs_task_body": "text",
                    "hs_task_status": "text",
                    "hs_task_type": "text",
                    "hs_task_priority": "text",
                }
            ),
            deleted="archived",
        )
    }},

    final as (
        select
            id as task_id,
            properties_hs_task_subject as subject,
            properties_hs_task_body as body,
            properties_hs_task_status as status,
            properties_hs_task_type as type,
            properties_hs_task_priority as priority,
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
