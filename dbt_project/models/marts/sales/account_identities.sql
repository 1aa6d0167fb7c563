with
    company_accounts as (select * from {{ ref("int_identity__company_accounts") }}),

    account_keys as (select * from {{ ref("int_identity__account_keys") }}),

    final as (
        select source, record_id, account_id, linked_by
        from company_accounts
        union all
        -- What nothing but people's records tell of.
        select
            'people' as source,
            concat(kind, ':', key) as record_id,
            account_id,
            linked_by
        from account_keys
        where is_of_people
    )

select *
from final
