{%- set changed = ref("int_identity__changed_records") -%}
{%- set customer_ids = ref("int_identity__customer_ids") -%}
{%- set stated_companies = ref("int_identity__stated_companies") -%}

-- The records of which it is looked anew what they say of a company, and those which
-- are gone.
with
    {% if identity_follows() %}
        ids_now as (select record_key, customer_id from {{ made_rows(customer_ids) }}),

        ids_before as (
            select record_key, customer_id from {{ outdated_rows(customer_ids) }}
        ),

        stated_now as (
            select record_key, company_id, registration_number
            from {{ stated_companies }}
        ),

        stated_before as (
            select record_key, company_id, registration_number
            from {{ identity_table("int_identity__employers") }}
            where company_id is not null or registration_number is not null
        ),

        final as (
            select record_key
            from {{ changed }}
            union
            select coalesce(ids_now.record_key, ids_before.record_key)
            from ids_now
            full outer join ids_before on ids_before.record_key = ids_now.record_key
            where ids_before.customer_id is distinct from ids_now.customer_id
            union
            select coalesce(stated_now.record_key, stated_before.record_key)
            from stated_now
            full outer join
                stated_before on stated_before.record_key = stated_now.record_key
            where
                stated_before.company_id is distinct from stated_now.company_id
                or stated_before.registration_number
                is distinct from stated_now.registration_number
        )
    {% else %} final as (select record_key from {{ stated_companies }} where false)
    {% endif %}

select record_key
from final
