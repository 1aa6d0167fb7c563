{{
    config(
        materialized="followed",
        outdated="account_id in (select account_id from {{ ref('int_identity__touched_accounts') }})",
    )
}}
{%- set touched = ref("int_identity__touched_accounts") -%}

with
    employer_accounts as (
        select account_id, customer_id, company_name, first_seen_at
        from {{ ref("int_identity__employer_accounts") }}
        where {{ only_in(touched, "account_id", "account_id") }}
    ),

    called as (
        select
            account_id,
            company_name,
            row_number() over (
                partition by account_id
                order by count(distinct customer_id) desc, company_name
            ) as name_rank
        from employer_accounts
        where company_name is not null
        group by account_id, company_name
    ),

    counted as (
        select
            account_id,
            count(distinct customer_id) as customer_count,
            min(first_seen_at) as first_seen_at
        from employer_accounts
        group by account_id
    ),

    final as (
        select
            counted.account_id,
            called.company_name,
            counted.customer_count,
            counted.first_seen_at
        from counted
        left join
            called on called.account_id = counted.account_id and called.name_rank = 1
    )

select *
from final
