with
    sync_runs as (select * from {{ ref("stg_kesher__sync_runs") }}),

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
            error
        from sync_runs
    )

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
    error
from final
