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
                "note": "text",
                "evidence": "text",
                "undone_decision_id": "text",
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
            note,
            evidence,
            undone_decision_id,
            {{ lake_columns() }}
        from records
    )

select *
from final
