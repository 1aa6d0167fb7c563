{{ config(unique_key=["version", "comparison", "level"]) }}

with
    records
    as {{
        lake_records(
            "kesher",
            "match_weights",
            primary_key=["version", "comparison", "level"],
            fields={
                "version": "text",
                "trained_at": "timestamp",
                "comparison": "text",
                "level": "text",
                "m": "double",
                "u": "double",
                "is_in_force": "boolean",
            },
        )
    }},

    final as (
        select
            version,
            trained_at,
            comparison,
            level,
            m,
            u,
            is_in_force,
            {{ lake_columns() }}
        from records
    )

select *
from final
