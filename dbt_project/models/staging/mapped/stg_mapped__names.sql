{{ config(unique_key=["source", "stream", "record_key"]) }}

with
    records as {{ mapped_records("names", {"name": "text"}) }},

    final as (
        select source, stream, record_key, name, {{ lake_columns() }} from records
    )

select *
from final
