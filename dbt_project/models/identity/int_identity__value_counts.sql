{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="(attribute, value) in (select (attribute, value) from {{ ref('int_identity__touched_values') }})",
    )
}}
{%- set touched = ref("int_identity__touched_values") -%}
{#- Read where they lie: a CTE that is read several times is copied first. -#}
{%- set records = ref("int_identity__records") -%}

with
    counted as (
        {% for column in counted_columns() if column not in ("given", "birth_date") %}
            select '{{ column }}' as attribute, {{ column }} as value, count(*) as seen
            from {{ records }} as records
            where
                {{ column }} is not null
                {% if identity_follows() %}
                    and {{ column }} in (
                        select value from {{ touched }} where attribute = '{{ column }}'
                    )
                {% endif %}
            group by {{ column }}
            having count(*) > 1
            union all
        {% endfor %}
        select 'all' as attribute, '' as value, count(*) as seen
        from {{ records }} as records
    ),

    -- Of given names only what is common counts: the others are rare.
    common_given_names as (
        select 'given' as attribute, records.given as value, totals.seen
        from {{ records }} as records
        inner join counted as totals on totals.attribute = 'all'
        where
            records.given is not null
            {% if identity_follows() %}
                and records.given
                in (select value from {{ touched }} where attribute = 'given')
            {% endif %}
        group by records.given, totals.seen
        having not {{ given_is_rare("count(*)", order_of_magnitude("totals.seen")) }}
    ),

    -- Of birth dates too, and common is one that different people have.
    frequent_birth_dates as (
        select records.birth_date as value, count(*) as seen
        from {{ records }} as records
        inner join counted as totals on totals.attribute = 'all'
        where
            records.birth_date is not null
            {% if identity_follows() %}
                and records.birth_date
                in (select value from {{ touched }} where attribute = 'birth_date')
            {% endif %}
        group by records.birth_date, totals.seen
        having
            {{ birth_date_is_frequent("count(*)", order_of_magnitude("totals.seen")) }}
    ),

    common_birth_dates as (
        select 'birth_date' as attribute, dates.value, dates.seen
        from frequent_birth_dates as dates
        inner join {{ records }} as records on records.birth_date = dates.value
        group by dates.value, dates.seen
        having count(distinct records.given) > {{ var("identity_common_names", 5) }}
    ),

    all_counted as (
        select attribute, value, seen
        from counted
        union all
        select attribute, value, seen
        from common_given_names
        union all
        select attribute, value, seen
        from common_birth_dates
    ),

    final as (
        select
            attribute,
            value,
            cast(
                {{ order_of_magnitude("greatest(seen, 1)") }} as bigint
            ) as record_count
        from all_counted
    )

select attribute, value, record_count
from final
