{%- set attributes = [
    {
        "name": "display_name",
        "rules": "name",
        "value": "person_records.written_name",
        "quality": "person_records.name_quality",
    },
    {
        "name": "given_name",
        "rules": "name",
        "value": "person_records.shown_given_name",
        "quality": "person_records.name_quality",
    },
    {
        "name": "family_name",
        "rules": "name",
        "value": "person_records.shown_family_name",
        "quality": "person_records.name_quality",
    },
    {
        "name": "street",
        "rules": "address",
        "value": "person_records.street",
        "quality": "person_records.address_quality",
    },
    {
        "name": "city",
        "rules": "address",
        "value": "person_records.city",
        "quality": "person_records.address_quality",
    },
    {
        "name": "region",
        "rules": "address",
        "value": "person_records.region",
        "quality": "person_records.address_quality",
    },
    {
        "name": "postcode",
        "rules": "address",
        "value": "person_records.postcode",
        "quality": "person_records.address_quality",
    },
    {
        "name": "country",
        "rules": "address",
        "value": "person_records.country",
        "quality": "person_records.address_quality",
    },
    {
        "name": "company",
        "rules": "company",
        "value": "person_records.shown_company",
        "quality": "0",
    },
    {
        "name": "job_title",
        "rules": "company",
        "value": "person_records.job_title",
        "quality": "0",
    },
    {
        "name": "birth_date",
        "rules": "personal",
        "value": "person_records.birth_date",
        "quality": "length(person_records.birth_date)",
    },
    {
        "name": "gender",
        "rules": "personal",
        "value": "person_records.gender",
        "quality": "0",
    },
    {
        "name": "language",
        "rules": "language",
        "value": "person_records.language",
        "quality": "0",
    },
] -%}

with
    person_records as (select * from {{ ref("int_identity__person_records") }}),

    records as (select * from {{ ref("int_identity__records") }}),

    record_identifiers as (select * from {{ ref("int_identity__record_identifiers") }}),

    customer_ids as (select * from {{ ref("int_identity__customer_ids") }}),

    survivorship as (select * from {{ ref("identity_survivorship") }}),

    described as (
        select
            customer_ids.customer_id,
            person_records.record_key,
            person_records.source,
            person_records.record_id,
            person_records.updated_at,
            case
                when not records.is_company then {{ written_name("person_records") }}
            end as written_name,
            {{
                shown_name(
                    "person_records.given_name", "records.given", "records.is_company"
                )
            }} as shown_given_name,
            {{
                shown_name(
                    "person_records.family_name",
                    "records.family",
                    "records.is_company",
                )
            }} as shown_family_name,
            case when length(records.given) > 1 then 1 else 0 end
            + case when length(records.family) > 1 then 2 else 0 end as name_quality,
            person_records.street,
            person_records.city,
            person_records.region,
            person_records.postcode,
            person_records.country,
            case when person_records.street is not null then 4 else 0 end
            + case when person_records.city is not null then 2 else 0 end
            + case
                when person_records.postcode is not null then 1 else 0
            end as address_quality,
            coalesce(
                person_records.company,
                case when records.is_company then person_records.full_name end
            ) as shown_company,
            person_records.job_title,
            person_records.birth_date,
            person_records.gender,
            person_records.language
        from person_records
        inner join records on records.record_key = person_records.record_key
        inner join customer_ids on customer_ids.record_key = person_records.record_key
    ),

    attributes as (
        {% for attribute in attributes %}
            select
                customer_id,
                '{{ attribute.name }}' as attribute,
                '{{ attribute.rules }}' as rules,
                trim({{ attribute.value }}) as value,
                {{ attribute.quality }} as quality,
                1 as place,
                source,
                record_id,
                updated_at
            from described as person_records
            where trim({{ attribute.value }}) <> ''
            union all
        {% endfor %}
        select
            described.customer_id,
            record_identifiers.kind as attribute,
            record_identifiers.kind as rules,
            case
                when record_identifiers.kind = 'email'
                then record_identifiers.written
                else record_identifiers.value
            end as value,
            case when record_identifiers.is_role_mailbox then 1 else 2 end as quality,
            record_identifiers.place,
            described.source,
            described.record_id,
            described.updated_at
        from record_identifiers
        inner join described on described.record_key = record_identifiers.record_key
        union all
        -- A number that cannot be one is still what the system knows.
        select
            described.customer_id,
            'phone' as attribute,
            'phone' as rules,
            trim(person_records.phone) as value,
            0 as quality,
            1 as place,
            described.source,
            described.record_id,
            described.updated_at
        from described
        inner join person_records on person_records.record_key = described.record_key
        inner join records on records.record_key = described.record_key
        where records.phone is null and trim(person_records.phone) <> ''
    ),

    ranked as (
        select
            attributes.*,
            coalesce(own_rule.words, any_rule.words) as rule,
            row_number() over (
                partition by attributes.customer_id, attributes.attribute
                order by
                    attributes.quality desc,
                    coalesce(own_rule.priority, any_rule.priority),
                    attributes.place,
                    attributes.updated_at desc,
                    attributes.source,
                    attributes.record_id,
                    attributes.value
            ) as value_rank
        from attributes
        left join
            survivorship as own_rule
            on own_rule.attribute = attributes.rules
            and own_rule.source = attributes.source
        left join
            survivorship as any_rule
            on any_rule.attribute = attributes.rules
            and any_rule.source = '*'
    ),

    -- The parts of an address are worth something together only.
    address_records as (
        select customer_id, source, record_id
        from
            (
                select
                    *,
                    row_number() over (
                        partition by customer_id
                        order by quality desc, value_rank, source, record_id
                    ) as record_rank
                from ranked
                where rules = 'address'
            ) as ranked_addresses
        where record_rank = 1
    ),

    final as (
        select
            ranked.customer_id,
            ranked.attribute,
            ranked.value,
            ranked.source,
            ranked.record_id,
            ranked.updated_at as observed_at,
            case
                when ranked.rules = 'address'
                then address_records.record_id is not null
                else ranked.value_rank = 1
            end as is_winner,
            ranked.rule
        from ranked
        left join
            address_records
            on address_records.customer_id = ranked.customer_id
            and address_records.source = ranked.source
            and address_records.record_id = ranked.record_id
    )

select customer_id, attribute, value, source, record_id, observed_at, is_winner, rule
from final
