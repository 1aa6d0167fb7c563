{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="record_key in (select record_key from {{ ref('int_identity__recompared_records') }})",
    )
}}
{%- set recompared = ref("int_identity__recompared_records") -%}

with
    records as (
        select record_key, {{ counted_columns() | join(", ") }}
        from {{ ref("int_identity__records") }}
        where {{ only_in(recompared) }}
    ),

    record_identifiers as (
        select record_key, kind, value
        from {{ ref("int_identity__record_identifiers") }}
        where {{ only_in(recompared) }}
    ),

    identifiers as (
        select kind, value, {{ identifier_use_code("use") }} as use_code
        from {{ ref("int_identity__identifiers") }}
    ),

    value_counts as (select * from {{ ref("int_identity__value_counts") }}),

    used_identifiers as (
        select
            record_identifiers.record_key,
            record_identifiers.kind,
            concat(identifiers.use_code, ' ', identifiers.value) as used_value
        from record_identifiers
        inner join
            identifiers
            on identifiers.kind = record_identifiers.kind
            and identifiers.value = record_identifiers.value
    ),

    identifier_lists as (
        select
            record_key
            {% for kind in ["email", "phone", "national_id", "external_id"] %}
                ,
                {{
                    gathered_values(
                        "case when kind = '" ~ kind ~ "' then used_value end"
                    )
                }} as {{ kind }}s
            {% endfor %}
        from used_identifiers
        group by record_key
    ),

    final as (
        select
            records.record_key,
            identifier_lists.emails,
            identifier_lists.phones,
            identifier_lists.national_ids,
            identifier_lists.external_ids,
            {% for column in counted_columns() if column != "given" %}
                coalesce({{ column }}_counts.record_count, 1) as {{ column }}_count,
            {% endfor %}
            all_counts.record_count as all_count
        from records
        inner join value_counts as all_counts on all_counts.attribute = 'all'
        left join identifier_lists on identifier_lists.record_key = records.record_key
        {% for column in counted_columns() if column != "given" %}
            left join
                value_counts as {{ column }}_counts
                on {{ column }}_counts.attribute = '{{ column }}'
                and {{ column }}_counts.value = records.{{ column }}
        {% endfor %}
    )

select *
from final
