{{ config(materialized="followed", outdated="{{ only_touched_customers() }}") }}
{%- set places = survivorship_places() -%}
{%- set address_parts = ["street", "city", "region", "postcode", "country"] -%}
{#- Attributes of which a record has one value: the value, how full its record is, its validity. -#}
{%- set attributes = [
    ("display_name", "name_fullness", "0"),
    ("given_name", "name_fullness", "0"),
    ("family_name", "name_fullness", "0"),
    ("address", "address_fullness", "0"),
    ("company", "0", "0"),
    ("job_title", "0", "0"),
    ("birth_date", "0", "has_whole_birth_date"),
    ("gender", "0", "0"),
    ("language", "0", "0"),
] -%}

with
    customer_ids as ({{ touched_members() }}),

    person_records as (
        select *
        from {{ ref("int_identity__person_records") }}
        where {{ only_in("customer_ids") }}
    ),

    records as (
        select *
        from {{ ref("int_identity__records") }}
        where {{ only_in("customer_ids") }}
    ),

    record_identifiers as (
        select *
        from {{ ref("int_identity__record_identifiers") }}
        where kind in ('email', 'phone') and {{ only_in("customer_ids") }}
    ),

    email_evidence as (select * from {{ ref("int_identity__email_evidence") }}),

    survivorship as (select * from {{ ref("int_identity__survivorship") }}),

    source_priorities as (select * from {{ ref("identity_survivorship_sources") }}),

    whole_names as (
        select
            person_records.record_key,
            {{ written_name("person_records") }} as name,
            records.given,
            records.family
        from person_records
        inner join records on records.record_key = person_records.record_key
        where
            coalesce(trim(person_records.given_name), '') = ''
            or coalesce(trim(person_records.family_name), '') = ''
    ),

    name_parts as ({{ written_parts("whole_names") }}),

    described as (
        select
            customer_ids.customer_id,
            customer_ids.cluster_key,
            person_records.record_key,
            person_records.source,
            person_records.record_id,
            person_records.updated_at,
            case
                when not records.is_company then {{ written_name("person_records") }}
            end as display_name,
            nullif(
                {{
                    shown_name(
                        "person_records.given_name",
                        "records.given",
                        "name_parts.given",
                        "records.is_company",
                    )
                }},
                ''
            ) as given_name,
            nullif(
                {{
                    shown_name(
                        "person_records.family_name",
                        "records.family",
                        "name_parts.family",
                        "records.is_company",
                    )
                }},
                ''
            ) as family_name,
            case when length(records.given) > 1 then 1 else 0 end
            + case when length(records.family) > 1 then 2 else 0 end as name_fullness,
            {% for part in address_parts %}
                nullif(trim(person_records.{{ part }}), '') as {{ part }},
            {% endfor %}
            case when person_records.street is not null then 4 else 0 end
            + case when person_records.city is not null then 2 else 0 end
            + case
                when person_records.postcode is not null then 1 else 0
            end as address_fullness,
            nullif(
                trim(
                    coalesce(
                        person_records.company,
                        case when records.is_company then person_records.full_name end
                    )
                ),
                ''
            ) as company,
            {% for attribute in ["job_title", "birth_date", "gender", "language"] %}
                nullif(trim(person_records.{{ attribute }}), '') as {{ attribute }},
            {% endfor %}
            case
                when {{ typed_from_text("person_records.birth_date", "date") }} is null
                then 0
                else 1
            end as has_whole_birth_date,
            case
                when records.phone is null then nullif(trim(person_records.phone), '')
            end as invalid_phone
        from person_records
        inner join records on records.record_key = person_records.record_key
        inner join customer_ids on customer_ids.record_key = person_records.record_key
        left join name_parts on name_parts.record_key = person_records.record_key
    ),

    addressed as (
        select
            *,
            nullif(
                concat_ws(
                    ', ',
                    {% for part in address_parts %}
                        {{ part }}{{ "," if not loop.last }}
                    {% endfor %}
                ),
                ''
            ) as address
        from described
    ),

    -- What one record can say several of.
    identified as (
        select
            record_identifiers.record_key,
            record_identifiers.kind as attribute,
            case
                when record_identifiers.kind = 'email'
                then record_identifiers.written
                else record_identifiers.value
            end as value,
            record_identifiers.place,
            1 as validity,
            case when record_identifiers.is_role_mailbox then 0 else 1 end as is_own,
            case
                when email_evidence.is_bouncing
                then -1
                when email_evidence.is_verified
                then 1
                else 0
            end as verification
        from record_identifiers
        left join
            email_evidence
            on email_evidence.mailbox = record_identifiers.value
            and record_identifiers.kind = 'email'
        union all
        -- A number that cannot be one is still what the system knows.
        select
            record_key,
            'phone' as attribute,
            invalid_phone as value,
            1 as place,
            0 as validity,
            0 as is_own,
            0 as verification
        from described
        where invalid_phone is not null
    ),

    -- Values stand here as numbers, since all that is known of everybody is sorted
    -- once.
    said as (
        {% for attribute, fullness, validity in attributes %}
            select
                cluster_key,
                record_key,
                source,
                updated_at,
                '{{ attribute }}' as attribute,
                {{ text_hash("lower(" ~ attribute ~ ")") }} as value_key,
                length({{ attribute }}) as value_length,
                1 as place,
                {{ fullness }} as fullness,
                {{ validity }} as validity,
                0 as is_own,
                0 as verification
            from addressed
            where {{ attribute }} is not null
            union all
        {% endfor %}
        select
            described.cluster_key,
            described.record_key,
            described.source,
            described.updated_at,
            identified.attribute,
            {{ text_hash("lower(identified.value)") }} as value_key,
            length(identified.value) as value_length,
            identified.place,
            0 as fullness,
            identified.validity,
            identified.is_own,
            identified.verification
        from identified
        inner join described on described.record_key = identified.record_key
    ),

    -- Counted only where a rule asks for it.
    counted_attributes as (
        select attribute
        from survivorship
        where
            {% for place in places %}
                criterion_{{ place }} in ('records', 'sources')
                {{ "or" if not loop.last }}
            {% endfor %}
    ),

    counted as (
        select
            said.cluster_key,
            said.attribute,
            said.value_key,
            count(*) as record_count,
            count(distinct said.source) as source_count
        from said
        inner join counted_attributes on counted_attributes.attribute = said.attribute
        group by said.cluster_key, said.attribute, said.value_key
    ),

    scored as (
        select
            said.cluster_key,
            said.attribute,
            said.record_key,
            said.value_key,
            said.place,
            said.updated_at,
            {% for place in places %}
                {{
                    survivorship_score(
                        "survivorship.criterion_" ~ place,
                        "said",
                        "coalesce(own_priority.priority, any_priority.priority, 1000000)",
                        "counted",
                    )
                }}
                as score_{{ place }}{{ "," if not loop.last }}
            {% endfor %}
        from said
        inner join survivorship on survivorship.attribute = said.attribute
        left join
            source_priorities as own_priority
            on own_priority.attribute = survivorship.sources_attribute
            and own_priority.source = said.source
        left join
            source_priorities as any_priority
            on any_priority.attribute = survivorship.sources_attribute
            and any_priority.source = '*'
        left join
            counted
            on counted.cluster_key = said.cluster_key
            and counted.attribute = said.attribute
            and counted.value_key = said.value_key
    ),

    ranked as (
        select
            cluster_key,
            attribute,
            record_key,
            value_key,
            {% for place in places %} score_{{ place }}, {% endfor %}
            row_number() over best_first as value_rank,
            first_value(value_key) over best_first as best_value_key
        from scored
        window
            best_first as (
                partition by cluster_key, attribute
                order by
                    {% for place in places %} score_{{ place }} desc, {% endfor %}
                    place,
                    updated_at desc,
                    record_key,
                    value_key
            )
    ),

    -- The best of the other values says which criterion decided.
    second_ranks as (
        select cluster_key, attribute, min(value_rank) as value_rank
        from ranked
        where value_key <> best_value_key
        group by cluster_key, attribute
    ),

    seconds as (
        select ranked.*, described.source
        from ranked
        inner join
            second_ranks
            on second_ranks.cluster_key = ranked.cluster_key
            and second_ranks.attribute = ranked.attribute
            and second_ranks.value_rank = ranked.value_rank
        inner join described on described.record_key = ranked.record_key
    ),

    winners as (
        select
            ranked.attribute,
            ranked.record_key,
            ranked.value_key,
            case
                when seconds.record_key is null
                then 'the only value'
                {% for place in places %}
                    when ranked.score_{{ place }} <> seconds.score_{{ place }}
                    then
                        case
                            when survivorship.criterion_{{ place }} = 'source'
                            then concat(described.source, ' before ', seconds.source)
                            else survivorship.words_{{ place }}
                        end
                {% endfor %}
                else 'the newest'
            end as decided_by
        from ranked
        inner join survivorship on survivorship.attribute = ranked.attribute
        inner join described on described.record_key = ranked.record_key
        left join
            seconds
            on seconds.cluster_key = ranked.cluster_key
            and seconds.attribute = ranked.attribute
        where ranked.value_rank = 1
    ),

    -- One row a record, for what it can say one of.
    won as (
        select
            record_key,
            {% for attribute, fullness, validity in attributes %}
                max(
                    case when attribute = '{{ attribute }}' then decided_by end
                ) as {{ attribute }}_decided_by{{ "," if not loop.last }}
            {% endfor %}
        from winners
        where attribute not in ('email', 'phone')
        group by record_key
    ),

    told as (
        select
            described.*,
            {% for attribute, fullness, validity in attributes %}
                won.{{ attribute }}_decided_by{{ "," if not loop.last }}
            {% endfor %}
        from described
        left join won on won.record_key = described.record_key
    ),

    final as (
        {% for attribute, fullness, validity in attributes %}
            -- The parts of an address are worth something together only.
            {% for column in (
                address_parts if attribute == "address" else [attribute]
            ) %}
                select
                    told.customer_id,
                    '{{ column }}' as attribute,
                    told.{{ column }} as value,
                    told.source,
                    told.record_id,
                    told.updated_at as observed_at,
                    told.{{ attribute }}_decided_by is not null as is_winner,
                    survivorship.rule,
                    told.{{ attribute }}_decided_by as decided_by
                from told
                inner join survivorship on survivorship.attribute = '{{ attribute }}'
                where told.{{ column }} is not null
                union all
            {% endfor %}
        {% endfor %}
        select
            described.customer_id,
            identified.attribute,
            identified.value,
            described.source,
            described.record_id,
            described.updated_at as observed_at,
            winners.record_key is not null as is_winner,
            survivorship.rule,
            winners.decided_by
        from identified
        inner join described on described.record_key = identified.record_key
        inner join survivorship on survivorship.attribute = identified.attribute
        left join
            winners
            on winners.record_key = identified.record_key
            and winners.attribute = identified.attribute
            and winners.value_key = {{ text_hash("lower(identified.value)") }}
    )

select
    customer_id,
    attribute,
    value,
    source,
    record_id,
    observed_at,
    is_winner,
    rule,
    decided_by
from final
