{%- set touched = ref("int_identity__touched_customers") -%}
{%- set activity = ref("int_identity__customer_activity") -%}
{%- set touched_members = ref("int_identity__touched_account_members") -%}
{%- set account_members = ref("account_members") -%}
{%- set household_members = ref("household_members") -%}
{%- set told = [
    "lifecycle_stage",
    "email_marketing_status",
    "last_activity_at",
    "last_activity_type",
    "invoice_count",
    "paid_invoice_count",
    "open_ticket_count",
    "ticket_count",
    "open_deal_count",
    "won_deal_count",
    "active_subscription_count",
    "campaigns_engaged",
] -%}

-- The customers whose row in customers this build makes anew, and those who are gone.
with
    {% if identity_follows() %}
        now as (
            select customer_id, {{ row_digest(told) }} as digest from {{ activity }}
        ),

        before as (
            select customer_id, {{ row_digest(told) }} as digest
            from {{ outdated_rows(activity) }}
        ),

        -- What customers shows of accounts and households is what it showed before.
        shown as (
            select customer_id, account_id, household_id
            from {{ identity_table("customers") }}
        ),

        accounts_now as (
            select customer_id, account_id
            from {{ account_members }}
            where
                is_primary
                and {{ only_in(touched_members, "customer_id", "customer_id") }}
        ),

        accounts_before as (
            select customer_id, account_id
            from shown
            where
                account_id is not null
                and {{ only_in(touched_members, "customer_id", "customer_id") }}
        ),

        households_now as (
            select customer_id, household_id from {{ household_members }}
        ),

        households_before as (
            select customer_id, household_id from shown where household_id is not null
        ),

        final as (
            select coalesce(now.customer_id, before.customer_id) as customer_id
            from now
            full outer join before on before.customer_id = now.customer_id
            where before.digest is distinct from now.digest
            union
            select coalesce(accounts_now.customer_id, accounts_before.customer_id)
            from accounts_now
            full outer join
                accounts_before
                on accounts_before.customer_id = accounts_now.customer_id
            where accounts_before.account_id is distinct from accounts_now.account_id
            union
            select coalesce(households_now.customer_id, households_before.customer_id)
            from households_now
            full outer join
                households_before
                on households_before.customer_id = households_now.customer_id
            where
                households_before.household_id
                is distinct from households_now.household_id
            union
            select customer_id
            from {{ touched }}
            where has_other_values
        )
    {% else %} final as (select customer_id from {{ touched }} where false)
    {% endif %}

select customer_id
from final
