{{ config(unique_key="deal_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "deals",
            primary_key=["id"],
            fields={
                "id": "text",
                "properties": {
                    "*": "json",
                    "dealname": "text",
                    "dealstage": "text",
                    "pipeline": "text",
                    "dealtype": "text",
                    "amount": "decimal(19,4)",
                    "deal_currency_code": "text",
                    "closedate": "timestamp",
                    "createdate": "timestamp",
                    "hs_is_closed": "boolean",
                    "hs_is_closed_won": "boolean",
                    "hubspot_owner_id": "text",
                },
                "associations": {
                    "contacts": {
                        "results": "ids",
                    },
                    "companies": {
                        "results": "ids",
                    },
                },
                "createdAt": "timestamp",
                "updatedAt": "timestamp",
                "archived": "boolean",
            },
            deleted="archived",
        )
    }},

    final as (
        select
            id as deal_id,
            properties_dealname as name,
            properties_dealstage as stage,
            properties_pipeline as pipeline,
            properties_dealtype as type,
            properties_amount as amount,
            lower(properties_deal_currency_code) as currency,
            properties_hs_is_closed as is_closed,
            properties_hs_is_closed_won as is_won,
            properties_hubspot_owner_id as owner_id,
            associations_contacts_results as contact_ids,
            associations_companies_results as company_ids,
            properties_closedate as closed_at,
            coalesce(properties_createdate, createdat) as created_at,
            updatedat as updated_at,
            properties_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
