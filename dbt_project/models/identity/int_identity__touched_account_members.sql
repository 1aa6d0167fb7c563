{%- set touched_customers = ref("int_identity__touched_customers") -%}
{%- set employer_accounts = ref("int_identity__employer_accounts") -%}

-- The customers of whom it is looked anew which accounts they belong to, and those who
-- belong to none any more.
with
    {% if identity_follows() %}
        final as (
            select customer_id
            from {{ made_rows(employer_accounts) }}
            union
            select customer_id
            from {{ outdated_rows(employer_accounts) }}
            union
            select customer_id
            from {{ touched_customers }}
            where has_other_values
        )
    {% else %} final as (select customer_id from {{ employer_accounts }} where false)
    {% endif %}

select customer_id
from final
