{#- How many levels there may be above a company; one with more begins a group of its own. -#}
{%- set levels = range(1, 17) -%}

with
    companies as (select * from {{ ref("int_identity__companies") }}),

    company_accounts as (select * from {{ ref("int_identity__company_accounts") }}),

    account_keys as (select * from {{ ref("int_identity__account_keys") }}),

    stated as (
        select child.account_id, min(parent.account_id) as parent_account_id
        from companies
        inner join company_accounts as child on child.company_id = companies.company_id
        inner join
            company_accounts as parent
            on parent.company_id = companies.parent_company_id
        where child.account_id <> parent.account_id
        group by child.account_id
    ),

    domains as (
        select key as domain, account_id from account_keys where kind = 'domain'
    ),

    names as (select key as name, account_id from account_keys where kind = 'name'),

    domains_above as (
        select
            domains.account_id,
            above.account_id as parent_account_id,
            {{ regex_replaced(regex_found("above.domain", "^[^.]+"), "[^a-z0-9]", "") }}
            as label
        from domains
        inner join
            domains as above on above.domain = {{ domain_above("domains.domain") }}
        where above.account_id <> domains.account_id
    ),

    -- Others' shops and pages live on a provider's domain too; a part of a company is
    -- called after it.
    by_subdomain as (
        select
            domains_above.account_id,
            min(domains_above.parent_account_id) as parent_account_id
        from domains_above
        inner join names on names.account_id = domains_above.account_id
        left join
            names as names_above
            on names_above.account_id = domains_above.parent_account_id
            and length(names_above.name) >= 3
            and starts_with(names.name, names_above.name)
        where
            names_above.name is not null
            or (
                length(domains_above.label) >= 3
                and starts_with(names.name, domains_above.label)
            )
        group by domains_above.account_id
    ),

    told as (
        select account_id, parent_account_id, 'hubspot' as told_by
        from stated
        union all
        select by_subdomain.account_id, by_subdomain.parent_account_id, 'subdomain'
        from by_subdomain
        left join stated on stated.account_id = by_subdomain.account_id
        where stated.account_id is null
    ),

    {% for edges, climbed in [("told", "climbed"), ("kept", "settled")] %}
        {{ climbed }} as (
            select
                level_1.account_id,
                level_1.told_by,
                {% for level in levels %}
                    level_{{ level }}.parent_account_id as ancestor_{{ level }}
                    {{- "," if not loop.last }}
                {% endfor %}
            from {{ edges }} as level_1
            {% for level in levels if level > 1 %}
                left join
                    {{ edges }} as level_{{ level }}
                    on level_{{ level }}.account_id
                    = level_{{ level - 1 }}.parent_account_id
            {% endfor %}
        ),

        {% if edges == "told" %}
            -- A ring of companies that are each other's parents opens above the
            -- smallest id.
            rings as (
                select
                    account_id,
                    account_id = least(
                        {% for level in levels %}
                            ancestor_{{ level }}{{ "," if not loop.last }}
                        {% endfor %}
                    ) as is_opened
                from climbed
                where
                    account_id in (
                        {% for level in levels %}
                            ancestor_{{ level }}{{ "," if not loop.last }}
                        {% endfor %}
                    )
            ),

            kept as (
                select
                    climbed.account_id,
                    climbed.ancestor_1 as parent_account_id,
                    climbed.told_by
                from climbed
                left join rings on rings.account_id = climbed.account_id
                left join
                    rings as rings_above
                    on rings_above.account_id = climbed.ancestor_{{ levels | last }}
                where
                    case
                        when rings.account_id is not null
                        then not rings.is_opened
                        else
                            climbed.ancestor_{{ levels | last }} is null
                            or rings_above.account_id is not null
                    end
            ),
        {% endif %}
    {% endfor %}

    final as (
        select
            account_id,
            ancestor_1 as parent_account_id,
            coalesce(
                {% for level in levels | reverse %}
                    ancestor_{{ level }}{{ "," if not loop.last }}
                {% endfor %}
            ) as ultimate_parent_account_id,
            told_by
        from settled
    )

select *
from final
