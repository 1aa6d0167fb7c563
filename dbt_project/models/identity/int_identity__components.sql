with
    links as (select * from {{ ref("int_identity__links") }}),

    {{ connected_components("components", "links") }},

    final as (select record_key, component_key from components)

select *
from final
