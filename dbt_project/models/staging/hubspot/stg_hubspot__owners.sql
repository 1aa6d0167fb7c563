{{ config(unique_key="owner_id") }}

with
    records
    as {{
        lake_records(
            "hubspot",
            "owners",
            primary_key=["id"],
            fields={
                "id": "text",
                "email": "text",
                "firstName": "text",
                "lastName": "text",
                "userId": "text",
                "createdAt": "timestamp",
                "updatedAt": "timestamp",
                "archived": "boolean",
            },
        )
    }},

    final as (
        select
            id as owner_id,
            nullif(concat_ws(' ', firstname, lastname), '') as name,
            email,
            userid as hubspot_user_id,
            archived as is_archived,
            createdat as created_at,
            updatedat as updated_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
