{%- set touched = ref("int_identity__touched_customers") -%}
{%- set activity = ref("int_identity__customer_activity") -%}
{%- set told = [
    "account_id",
    "household_id",
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

        final as (
            select coalesce(now.customer_id, before.customer_id) as customer_id
            from now
            full outer join before on before.customer_id = now.customer_id
            where before.digest is distinct from now.digest
            union
            select customer_id
            from {{ touched }}
            where has_other_values
        )
    {% else %} final as (select customer_id from {{ touched }} where false)
    {% endif %}

select customer_id
from final
