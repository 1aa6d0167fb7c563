-- depends_on: {{ ref("int_identity__changed_records") }}
-- depends_on: {{ ref("stg_kesher__customer_ids") }}
-- depends_on: {{ ref("stg_kesher__customer_id_history") }}
with
    final as (
        {% for mark in ledger_marks() %}
            select
                {{ string_constant(mark.stream) }} as stream,
                {{ string_constant(mark.known_file) }} as known_file,
                {{ string_constant(mark.last_file) }} as last_file,
                {{ string_constant(mark.files_read) }} as files_read
                {{ "union all" if not loop.last }}
        {% endfor %}
    )

select stream, known_file, last_file, files_read
from final
