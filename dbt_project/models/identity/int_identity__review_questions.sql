{{
    config(
        materialized="followed",
        outdated=(
            "left_record_key in (select record_key from {{ ref('int_identity__reexamined_records') }})"
            ~ " or right_record_key in (select record_key from {{ ref('int_identity__reexamined_records') }})"
        ),
    )
}}
{%- set reexamined = ref("int_identity__reexamined_records") -%}
{%- set comparisons = comparison_names() -%}

with
    review_pairs as (
        select *
        from {{ ref("int_identity__review_pairs") }}
        where
            {{ only_in(reexamined, "left_record_key") }}
            or {{ only_in(reexamined, "right_record_key") }}
    ),

    asked_records as (
        select left_record_key as record_key
        from review_pairs
        union
        select right_record_key as record_key
        from review_pairs
    ),

    person_records as (
        select *
        from {{ ref("int_identity__person_records") }}
        where record_key in (select record_key from asked_records)
    ),

    weights as (select * from {{ ref("int_identity__weights") }}),

    records as (
        select
            record_key,
            source,
            record_id,
            {{ written_name("person_records") }} as name,
            email,
            coalesce(phone, other_phone) as phone
        from person_records
    ),

    -- The left record is the one that comes first by source and id, as in the store
    -- of decisions.
    ordered as (
        select
            review_pairs.*,
            first_record.source < second_record.source
            or (
                first_record.source = second_record.source
                and first_record.record_id < second_record.record_id
            ) as is_first_left
        from review_pairs
        inner join
            records as first_record
            on first_record.record_key = review_pairs.left_record_key
        inner join
            records as second_record
            on second_record.record_key = review_pairs.right_record_key
    ),

    final as (
        select
            ordered.reason,
            left_record.record_key as left_record_key,
            left_record.source as left_source,
            left_record.record_id as left_record_id,
            left_record.name as left_name,
            left_record.email as left_email,
            left_record.phone as left_phone,
            right_record.record_key as right_record_key,
            right_record.source as right_source,
            right_record.record_id as right_record_id,
            right_record.name as right_name,
            right_record.email as right_email,
            right_record.phone as right_phone,
            ordered.match_weight,
            {{ match_probability("ordered.match_weight") }} as match_probability,
            ordered.pair_count,
            {{ evidence_for("ordered", comparisons) }} as explanation,
            {{ evidence_against("ordered", comparisons) }} as evidence_against,
            ordered.evidence,
            ordered.prior_weight,
            {% for comparison in comparisons %}
                ordered.{{ comparison }}_weight,
            {% endfor %}
            ordered.name_frequency_weight,
            ordered.dependence_weight
        from ordered
        inner join
            records as left_record
            on left_record.record_key = case
                when ordered.is_first_left
                then ordered.left_record_key
                else ordered.right_record_key
            end
        inner join
            records as right_record
            on right_record.record_key = case
                when ordered.is_first_left
                then ordered.right_record_key
                else ordered.left_record_key
            end
        {% for comparison in comparisons %}
            left join
                weights as {{ comparison }}_words
                on {{ comparison }}_words.comparison = '{{ comparison }}'
                and {{ comparison }}_words.level = ordered.{{ comparison }}_level
        {% endfor %}
    )

select *
from final
