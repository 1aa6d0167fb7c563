{{ config(unique_key="zendesk_organization_id") }}

with
    records
    as {{
        lake_records(
            "zendesk",
            "organizations",
            primary_key=["id"],
            fields={
                "id": "text",
                "name": "text",
                "domain_names": "texts",
                "details": "text",
                "notes": "text",
                "tags": "texts",
                "external_id": "text",
                "organization_fields": "json",
                "created_at": "timestamp",
                "updated_at": "timestamp",
                "deleted_at": "text",
            },
            deleted="deleted_at is not null",
        )
    }},

    final as (
        select
            id as zendesk_organization_id,
            name,
            domain_names,
            details,
            notes,
            tags,
            external_id,
            organization_fields as organization_fields_json,
            created_at,
            updated_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
