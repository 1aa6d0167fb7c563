{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="record_key in (select record_key from {{ ref('int_identity__recompared_records') }})",
    )
}}
{%- set recompared = ref("int_identity__recompared_records") -%}
{%- set single_kinds = ["email", "phone", "national_id"] -%}

with
    records as (
        select record_key, {{ counted_columns() | join(", ") }}
        from {{ ref("int_identity__records") }}
        where {{ only_in(recompared) }}
    ),

    record_identifiers as (
        select record_key, kind, value, place
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
            record_identifiers.place,
            concat(identifiers.use_code, ' ', identifiers.value) as used_value
        from record_identifiers
        inner join
            identifiers
            on identifiers.kind = record_identifiers.kind
            and identifiers.value = record_identifiers.value
    ),

    -- Nearly all records have one value of a kind, which is quicker found than a list.
    single_values as (
        select
            record_key
            {% for kind in single_kinds %}
                , min(case when kind = '{{ kind }}' then used_value end) as {{ kind }}
            {% endfor %}
        from used_identifiers
        where place = 1 and kind <> 'external_id'
        group by record_key
    ),

    further_values as (
        select
            record_key
            {% for kind in single_kinds + ["external_id"] %}
                ,
                {{
                    gathered_values(
                        "case when kind = '" ~ kind ~ "' then used_value end"
                    )
                }} as {{ kind }}s
            {% endfor %}
        from used_identifiers
        where place > 1 or kind = 'external_id'
        group by record_key
    ),

    final as (
        select
            records.record_key,
            {% for kind in single_kinds %}
                case
                    when single_values.{{ kind }} is null
                    then further_values.{{ kind }}s
                    when further_values.{{ kind }}s is null
                    then {{ list_of_one("single_values." ~ kind) }}
                    else
                        {{
                            list_union(
                                list_of_one("single_values." ~ kind),
                                "further_values." ~ kind ~ "s",
                            )
                        }}
                end as {{ kind }}s,
            {% endfor %}
            further_values.external_ids,
            {% for column in counted_columns() if column != "given" %}
                coalesce({{ column }}_counts.record_count, 1) as {{ column }}_count,
            {% endfor %}
            all_counts.record_count as all_count
        from records
        inner join value_counts as all_counts on all_counts.attribute = 'all'
        left join single_values on single_values.record_key = records.record_key
        left join further_values on further_values.record_key = records.record_key
        {% for column in counted_columns() if column != "given" %}
            left join
                value_counts as {{ column }}_counts
                on {{ column }}_counts.attribute = '{{ column }}'
                and {{ column }}_counts.value = records.{{ column }}
        {% endfor %}
    )

select *
from final
