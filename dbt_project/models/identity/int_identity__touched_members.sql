{%- set is_touched = only_touched_customers(links=true) -%}

with
    final as (
        select *
        from {{ ref("int_identity__customer_ids") }}
        where {{ is_touched if identity_follows() else "false" }}
    )

select *
from final
