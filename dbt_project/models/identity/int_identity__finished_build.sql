-- depends_on: {{ ref("int_identity__customer_ids") }}
-- depends_on: {{ ref("int_identity__explained_links") }}
-- depends_on: {{ ref("int_identity__cuts") }}
with
    final as (
        select
            {{ string_constant(identity_build_note().definition or "") }} as definition
    )

select definition
from final
