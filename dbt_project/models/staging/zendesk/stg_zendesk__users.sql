{{ config(unique_key="zendesk_user_id") }}

with
    records
    as {{
        lake_records(
            "zendesk",
            "users",
            primary_key=["id"],
            fields={
                "id": "text",
                "name": "text",
                "email": "text",
                "phone": "text",
                "role": "text",
                "organization_id": "text",
                "external_id": "text",
                "locale": "text",
                "notes": "text",
                "details": "text",
                "tags": "texts",
                "user_fields": "json",
                "suspended": "boolean",
                "verified": "boolean",
                "active": "boolean",
                "created_at": "timestamp",
                "updated_at": "timestamp",
                "last_login_at": "timestamp",
            },
            deleted="not active",
        )
    }},

    final as (
        select
            id as zendesk_user_id,
            {{ record_key("'zendesk'", "id") }} as record_key,
            name,
            email,
            phone,
            role,
            organization_id,
            external_id,
            locale as language,
            notes,
            details,
            tags,
            user_fields as user_fields_json,
            suspended as is_suspended,
            verified as is_verified,
            created_at,
            updated_at,
            last_login_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
