{{
    config(
        materialized="followed",
        outdated="record_key in (select record_key from {{ ref('int_identity__regrouped_records') }})",
    )
}}
{%- set regrouped = ref("int_identity__regrouped_records") -%}

-- The records of components which cannot be one customer as they are. Few: what has to
-- be cut, and how, is found out among them alone.
with
    components as (
        select record_key, component_key as group_key
        from {{ ref("int_identity__components") }}
        where {{ only_in(regrouped) }}
    ),

    records as (
        select * from {{ ref("int_identity__records") }} where {{ only_in(regrouped) }}
    ),

    links as (
        select left_record_key, right_record_key
        from {{ ref("int_identity__links") }}
        where {{ only_in(regrouped, "left_record_key") }}
    ),

    decided_pairs as (select * from {{ ref("int_identity__decided_pairs") }}),

    weights as ({{ weights_in_a_row(ref("int_identity__weights")) }}),

    given_names as ({{ known_given_names() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    {{ contradictions("contradictions", "components") }},

    final as (
        select components.record_key, components.group_key as component_key
        from components
        inner join contradictions on contradictions.group_key = components.group_key
    )

select record_key, component_key
from final
