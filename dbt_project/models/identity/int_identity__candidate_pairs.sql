{%- set recompared = ref("int_identity__recompared_records") -%}
{#- No import: what is read twice under one name would be copied first. -#}
{%- set block_members = ref("int_identity__block_members") -%}

-- In a build that follows, only the pairs of which one record has to be compared anew.
with
    {% if identity_follows() %}
        recompared_members as (
            select block_key, record_key
            from {{ block_members }}
            where {{ only_in(recompared) }}
        ),

        final as (
            select distinct
                least(one.record_key, other.record_key) as left_record_key,
                greatest(one.record_key, other.record_key) as right_record_key
            from recompared_members as one
            inner join
                {{ block_members }} as other
                on other.block_key = one.block_key
                and other.record_key <> one.record_key
        )
    {% else %}
        final as (
            select distinct
                left_member.record_key as left_record_key,
                right_member.record_key as right_record_key
            from {{ block_members }} as left_member
            inner join
                {{ block_members }} as right_member
                on right_member.block_key = left_member.block_key
                and right_member.record_key > left_member.record_key
        )
    {% endif %}

select left_record_key, right_record_key
from final
