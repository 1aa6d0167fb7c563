{{ config(materialized="followed", outdated="{{ only_touched_customers() }}") }}
with
    customer_ids as ({{ touched_members() }}),

    records as (
        select *
        from {{ ref("int_identity__records") }}
        where {{ only_in("customer_ids") }}
    ),

    -- A customer is a role mailbox, or a company, if all that is known of it is one.
    known as (
        select
            customer_ids.customer_id,
            bool_and(
                records.is_role_mailbox
                and (records.given is null or records.family is null)
            ) as is_role_mailbox,
            bool_and(
                records.is_company or (records.given is null and records.family is null)
            )
            and bool_or(records.is_company) as is_company
        from customer_ids
        inner join records on records.record_key = customer_ids.record_key
        group by customer_ids.customer_id
    ),

    final as (
        select
            customer_id,
            case
                when is_role_mailbox
                then 'role_mailbox'
                when is_company
                then 'company'
                else 'person'
            end as kind
        from known
    )

select *
from final
