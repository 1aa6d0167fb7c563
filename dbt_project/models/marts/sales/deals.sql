with
    deals as (select * from {{ ref("stg_hubspot__deals") }}),

    owners as (select * from {{ ref("stg_hubspot__owners") }}),

    deal_contacts as (
        select
            deal_id,
            count(*) as contact_count,
            max(case when is_primary then customer_id end) as customer_id
        from {{ ref("deal_contacts") }}
        group by deal_id
    ),

    accounts as (
        select record_id, account_id
        from {{ ref("account_identities") }}
        where source = 'hubspot'
    ),

    staged as (
        select
            *,
            coalesce(is_won, stage = 'closedwon', false) as won,
            coalesce(is_closed, stage in ('closedwon', 'closedlost'), false) as closed
        from deals
    ),

    final as (
        select
            deals.deal_id,
            deal_contacts.customer_id,
            accounts.account_id,
            deals.name,
            deals.stage,
            deals.pipeline,
            deals.closed or deals.won as is_closed,
            deals.won as is_won,
            deals.currency,
            deals.amount,
            owners.name as owner_name,
            deals.created_at,
            case when deals.closed or deals.won then deals.closed_at end as closed_at,
            deals.updated_at,
            case
                when not (deals.closed or deals.won) then deals.closed_at
            end as expected_close_at,
            coalesce(deal_contacts.contact_count, 0) as contact_count
        from staged as deals
        left join deal_contacts on deals.deal_id = deal_contacts.deal_id
        left join accounts on split_part(deals.company_ids, ',', 1) = accounts.record_id
        left join owners on deals.owner_id = owners.owner_id
    )

select *
from final
