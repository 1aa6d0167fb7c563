{{ config(unique_key=["source", "file", "line_number"]) }}

with
    records
    as {{
        lake_records(
            "files",
            "rejected_lines",
            primary_key=["_source", "file", "line_number"],
            fields={
                "file": "text",
                "line_number": "bigint",
                "raw": "text",
                "reason": "text",
            },
        )
    }},

    final as (
        select _source as source, file, line_number, raw, reason, {{ lake_columns() }}
        from records
    )

select *
from final
