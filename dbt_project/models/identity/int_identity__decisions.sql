{{ config(materialized="lake_stream", unique_key="decision_id") }}

with
    records
    as {{
        lake_records(
            "steward",
            "decisions",
            primary_key=["decision_id"],
            fields={
                "decision_id": "text",
                "left_source": "text",
                "left_record_id": "text",
                "right_source": "text",
                "right_record_id": "text",
                "verdict": "text",
                "decided_by": "text",
                "decided_at": "timestamp",
            },
        )
    }},

    final as (
        select
            decision_id,
            left_source,
            left_record_id,
            right_source,
            right_record_id,
            verdict,
            decided_by,
            decided_at,
            {{ lake_columns() }}
        from records
    )

select *
from final
