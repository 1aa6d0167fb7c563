{{
    config(
        materialized="followed",
        outdated="customer_id in (select customer_id from {{ ref('int_identity__restated_customers') }})",
    )
}}
{%- set restated = ref("int_identity__restated_customers") -%}
{%- set attributes = [
    "display_name",
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "company",
    "job_title",
    "birth_date",
    "gender",
    "language",
] -%}
{%- set conflicts = [
    "given_names",
    "family_names",
    "birth_dates",
    "genders",
    "national_ids",
    "countries",
] -%}

{%- set told = [
    "customer_id",
    "display_name",
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "company",
    "job_title",
    "birth_date",
    "gender",
    "language",
    "sources",
    "source_count",
    "record_count",
    "first_seen_at",
    "last_seen_at",
    "is_role_mailbox",
] -%}

with
    customer_identities as (
        select customer_id, source, first_seen_at, updated_at
        from {{ made_rows(ref("customer_identities")) }}
        where {{ only_touched_customers() }}
    ),

    customer_kinds as (
        select * from {{ made_rows(ref("int_identity__customer_kinds")) }}
    ),

    conflicts as (select * from {{ made_rows(ref("int_identity__conflicts")) }}),

    customer_attributes as (
        select customer_id, attribute, value
        from {{ made_rows(ref("customer_attributes")) }}
        where is_winner
    ),

    activity as (
        select *
        from {{ ref("int_identity__customer_activity") }}
        where {{ only_in(restated, "customer_id", "customer_id") }}
    ),

    main_accounts as (
        select customer_id, account_id
        from {{ ref("account_members") }}
        where is_primary and {{ only_in(restated, "customer_id", "customer_id") }}
    ),

    household_members as (
        select customer_id, household_id
        from {{ ref("household_members") }}
        where {{ only_in(restated, "customer_id", "customer_id") }}
    ),

    identified as (
        select
            customer_id,
            {{ distinct_texts_joined("source", ",") }} as sources,
            count(distinct source) as source_count,
            count(*) as record_count,
            min(first_seen_at) as first_seen_at,
            max(updated_at) as last_seen_at
        from customer_identities
        group by customer_id
    ),

    winners as (
        select
            customer_id,
            {% for attribute in attributes %}
                max(
                    case when attribute = '{{ attribute }}' then value end
                ) as {{ attribute }}{{ "," if not loop.last }}
            {% endfor %}
        from customer_attributes
        group by customer_id
    ),

    -- Who they are, whatever they did.
    known as (
        select
            identified.customer_id,
            coalesce(
                winners.display_name,
                winners.company,
                winners.email,
                winners.phone,
                identified.customer_id
            ) as display_name,
            {% for attribute in attributes if attribute not in ("display_name", "birth_date") %}
                winners.{{ attribute }},
            {% endfor %}
            {{ typed_from_text("winners.birth_date", "date") }} as birth_date,
            identified.sources,
            identified.source_count,
            identified.record_count,
            identified.first_seen_at,
            identified.last_seen_at,
            customer_kinds.kind = 'role_mailbox' as is_role_mailbox,
            {% for conflict in conflicts %}
                coalesce(
                    conflicts.has_conflicting_{{ conflict }}, false
                ) as has_conflicting_{{ conflict }},
            {% endfor %}
            coalesce(conflicts.conflict_count, 0) as conflict_count
        from identified
        inner join customer_kinds on customer_kinds.customer_id = identified.customer_id
        left join conflicts on conflicts.customer_id = identified.customer_id
        left join winners on winners.customer_id = identified.customer_id
    ),

    all_known as (
        select
            {{ told | join(", ") }},
            {% for conflict in conflicts %} has_conflicting_{{ conflict }}, {% endfor %}
            conflict_count
        from known
        {% if identity_follows() %}
            union all
            -- Of those who only did something they are who they were.
            select
                {{ told | join(", ") }},
                {% for conflict in conflicts %}
                    has_conflicting_{{ conflict }},
                {% endfor %}
                conflict_count
            from {{ this }}
            where
                {{ only_in(restated, "customer_id", "customer_id") }}
                and not ({{ only_touched_customers() }})
        {% endif %}
    ),

    final as (
        select
            all_known.*,
            main_accounts.account_id,
            activity.lifecycle_stage,
            activity.email_marketing_status,
            activity.last_activity_at,
            activity.last_activity_type,
            coalesce(activity.invoice_count, 0) as invoice_count,
            coalesce(activity.paid_invoice_count, 0) as paid_invoice_count,
            coalesce(activity.open_ticket_count, 0) as open_ticket_count,
            coalesce(activity.ticket_count, 0) as ticket_count,
            coalesce(activity.open_deal_count, 0) as open_deal_count,
            coalesce(activity.won_deal_count, 0) as won_deal_count,
            coalesce(
                activity.active_subscription_count, 0
            ) as active_subscription_count,
            coalesce(activity.campaigns_engaged, 0) as campaigns_engaged,
            household_members.household_id
        from all_known
        left join activity on activity.customer_id = all_known.customer_id
        left join main_accounts on main_accounts.customer_id = all_known.customer_id
        left join
            household_members on household_members.customer_id = all_known.customer_id
    )

select
    customer_id,
    display_name,
    given_name,
    family_name,
    email,
    phone,
    street,
    city,
    region,
    postcode,
    country,
    company,
    job_title,
    birth_date,
    gender,
    language,
    account_id,
    lifecycle_stage,
    email_marketing_status,
    sources,
    source_count,
    record_count,
    first_seen_at,
    last_seen_at,
    last_activity_at,
    last_activity_type,
    invoice_count,
    paid_invoice_count,
    open_ticket_count,
    ticket_count,
    open_deal_count,
    won_deal_count,
    active_subscription_count,
    campaigns_engaged,
    is_role_mailbox,
    household_id,
    {% for conflict in conflicts %} has_conflicting_{{ conflict }}, {% endfor %}
    conflict_count
from final
