{%- set employer_accounts = ref("int_identity__employer_accounts") -%}
{%- set told = ["customer_id", "company_name", "first_seen_at"] -%}

-- The accounts of which people's records tell something else than in the build before.
with
    {% if identity_follows() %}
        told_now as (
            select record_key, account_id, {{ row_digest(told) }} as digest
            from {{ made_rows(employer_accounts) }}
        ),

        told_before as (
            select record_key, account_id, {{ row_digest(told) }} as digest
            from {{ outdated_rows(employer_accounts) }}
        ),

        final as (
            select distinct
                coalesce(told_now.account_id, told_before.account_id) as account_id
            from told_now
            full outer join
                told_before
                on told_before.record_key = told_now.record_key
                and told_before.account_id = told_now.account_id
            where told_before.digest is distinct from told_now.digest
        )
    {% else %} final as (select account_id from {{ employer_accounts }} where false)
    {% endif %}

select account_id
from final
