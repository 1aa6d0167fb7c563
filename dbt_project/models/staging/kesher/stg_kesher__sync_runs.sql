{{ config(unique_key="sync_run_id") }}

with
    records
    as {{
        lake_records(
            "kesher",
            "sync_runs",
            primary_key=["sync_run_id"],
            fields={
                "sync_run_id": "text",
                "run_id": "text",
                "source": "text",
                "stream": "text",
                "began_at": "timestamp",
                "ended_at": "timestamp",
                "read_mode": "text",
                "records": "bigint",
                "deleted_records": "bigint",
                "misfits": "bigint",
                "seconds": "double",
                "error": "text",
            },
        )
    }},

    final as (
        select
            sync_run_id,
            run_id,
            source,
            stream,
            began_at,
            ended_at,
            read_mode,
            records,
            deleted_records,
            misfits,
            seconds,
            error,
            {{ lake_columns() }}
        from records
    )

select *
from final
