{{ config(unique_key="product_id") }}

with
    records
    as {{
        lake_records(
            "stripe",
            "products",
            primary_key=["id"],
            fields={
                "id": "text",
                "name": "text",
                "description": "text",
                "active": "boolean",
                "default_price": "text",
                "created": "epoch_seconds",
                "updated": "epoch_seconds",
                "metadata": "json",
                "deleted": "boolean",
            },
            deleted="deleted",
        )
    }},

    final as (
        select
            id as product_id,
            name,
            description,
            active as is_active,
            default_price as default_price_id,
            created as created_at,
            updated as updated_at,
            metadata as metadata_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
