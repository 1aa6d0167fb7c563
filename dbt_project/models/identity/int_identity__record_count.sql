-- Read before anything is compared: a build starts from nothing when it changes.
with
    incoming_people as (
        select record_key from {{ ref("int_identity__incoming_people") }}
    ),

    final as (
        select
            cast(
                {{ order_of_magnitude("greatest(count(*), 1)") }} as bigint
            ) as record_count
        from incoming_people
    )

select record_count
from final
