{{ config(unique_key="hubspot_company_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "companies",
            primary_key=["id"],
            fields={
                "id": "text",
                "properties": {
                    "*": "json",
                    "name": "text",
                    "domain": "text",
                    "phone": "text",
                    "address": "text",
                    "city": "text",
                    "state": "text",
                    "zip": "text",
                    "country": "text",
                    "industry": "text",
                    "numberofemployees": "bigint",
                    "annualrevenue": "decimal(19,4)",
                    "hubspot_owner_id": "text",
                    "hs_parent_company_id": "text",
                    "createdate": "timestamp",
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
            id as hubspot_company_id,
            properties_name as name,
            properties_domain as domain,
            properties_phone as phone,
            properties_address as street,
            properties_city as city,
            properties_state as region,
            properties_zip as postcode,
            properties_country as country,
            properties_industry as industry,
            properties_numberofemployees as employees,
            properties_annualrevenue as annual_revenue,
            properties_hubspot_owner_id as owner_id,
            properties_hs_parent_company_id as parent_company_id,
            coalesce(properties_createdate, createdat) as created_at,
            updatedat as updated_at,
            properties_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
