{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__regrouped_records') }})",
    )
}}
{%- set regrouped = ref("int_identity__regrouped_records") -%}

with
    links as (
        select left_record_key, right_record_key
        from {{ ref("int_identity__links") }}
        where {{ only_in(regrouped, "left_record_key") }}
    ),

    {{ connected_components("components", "links") }},

    final as (select record_key, component_key from components)

select *
from final
