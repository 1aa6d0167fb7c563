{{ config(unique_key="stripe_customer_id") }}

with
    records
    as {{
        lake_records(
            "stripe",
            "customers",
            primary_key=["id"],
            fields={
                "id": "text",
                "name": "text",
                "email": "text",
                "phone": "text",
                "address": {
                    "line1": "text",
                    "line2": "text",
                    "city": "text",
                    "state": "text",
                    "postal_code": "text",
                    "country": "text",
                },
                "preferred_locales": ["text"],
                "description": "text",
                "metadata": "json",
                "delinquent": "boolean",
                "balance": "bigint",
                "currency": "text",
                "created": "epoch_seconds",
                "deleted": "boolean",
            },
            deleted="deleted",
        )
    }},

    final as (
        select
            id as stripe_customer_id,
            {{ record_key("'stripe'", "id") }} as record_key,
            name,
            email,
            phone,
            nullif(concat_ws(', ', address_line1, address_line2), '') as street,
            address_city as city,
            address_state as region,
            address_postal_code as postcode,
            address_country as country,
            preferred_locales as language,
            description,
            metadata as metadata_json,
            delinquent as is_delinquent,
            balance,
            currency,
            created as created_at,
            created as updated_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
