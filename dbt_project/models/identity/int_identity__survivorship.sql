{%- set attributes = survivorship_attributes() -%}
with
    rules as (select * from {{ ref("identity_survivorship_rules") }}),

    sources as (select * from {{ ref("identity_survivorship_sources") }}),

    attribute_groups as (
        {% for attribute, group in attributes.items() %}
            select
                '{{ attribute }}' as attribute,
                '{{ group }}' as rule_group
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    -- What names the attribute itself comes before what names its group.
    named as (
        select
            attribute_groups.attribute,
            case
                when attribute_groups.attribute in (select rules.attribute from rules)
                then attribute_groups.attribute
                else attribute_groups.rule_group
            end as rules_attribute,
            case
                when
                    attribute_groups.attribute
                    in (select sources.attribute from sources)
                then attribute_groups.attribute
                else attribute_groups.rule_group
            end as sources_attribute
        from attribute_groups
    ),

    source_orders as (
        select
            named.attribute,
            {{
                texts_joined_in_order(
                    "case when sources.source = '*' then 'any other' else sources.source end",
                    " before ",
                    "sources.priority, sources.source",
                )
            }}
            as words
        from named
        inner join sources on sources.attribute = named.sources_attribute
        group by named.attribute
    ),

    criteria as (
        select
            named.attribute,
            named.sources_attribute,
            rules.criterion,
            rules.criterion_order,
            case
                when rules.criterion = 'source'
                then coalesce(rules.words, source_orders.words)
                else coalesce(rules.words, rules.criterion)
            end as words
        from named
        left join rules on rules.attribute = named.rules_attribute
        left join source_orders on source_orders.attribute = named.attribute
    ),

    final as (
        select
            attribute,
            sources_attribute,
            coalesce(
                {{ texts_joined_in_order("words", "; then ", "criterion_order") }},
                'the newest'
            ) as rule,
            {% for place in survivorship_places() %}
                max(
                    case when criterion_order = {{ place }} then criterion end
                ) as criterion_{{ place }},
                max(
                    case when criterion_order = {{ place }} then words end
                ) as words_{{ place }}{{ "," if not loop.last }}
            {% endfor %}
        from criteria
        group by attribute, sources_attribute
    )

select *
from final
