with
    tickets as (select * from {{ ref("stg_zendesk__tickets") }}),

    users as (select * from {{ ref("stg_zendesk__users") }}),

    comments as (
        select ticket_id, count(*) as comment_count
        from {{ ref("stg_zendesk__ticket_comments") }}
        group by ticket_id
    ),

    given_ratings as (
        select
            ticket_id,
            replace(score, '_with_comment', '') as score,
            comment,
            row_number() over (
                partition by ticket_id
                order by updated_at desc nulls last, satisfaction_rating_id desc
            ) as rating_rank
        from {{ ref("stg_zendesk__satisfaction_ratings") }}
        where score like 'good%' or score like 'bad%'
    ),

    ratings as (
        select ticket_id, replace(score, '_without_comment', '') as score, comment
        from given_ratings
        where rating_rank = 1
    ),

    identities as (
        select record_id, customer_id
        from {{ ref("customer_identities") }}
        where source = 'zendesk'
    ),

    final as (
        select
            tickets.ticket_id,
            identities.customer_id,
            tickets.requester_id as zendesk_user_id,
            tickets.subject,
            tickets.description,
            tickets.status,
            tickets.priority,
            tickets.type,
            tickets.channel,
            users.name as assignee_name,
            coalesce(
                ratings.score,
                case
                    when tickets.satisfaction_score in ('good', 'bad')
                    then tickets.satisfaction_score
                end
            ) as satisfaction_score,
            coalesce(
                ratings.comment, tickets.satisfaction_comment
            ) as satisfaction_comment,
            coalesce(comments.comment_count, 0) as comment_count,
            tickets.tags,
            tickets.created_at,
            tickets.updated_at,
            case
                when tickets.status in ('solved', 'closed') then tickets.updated_at
            end as solved_at
        from tickets
        left join users on tickets.assignee_id = users.zendesk_user_id
        left join comments on tickets.ticket_id = comments.ticket_id
        left join ratings on tickets.ticket_id = ratings.ticket_id
        left join identities on tickets.requester_id = identities.record_id
    )

select *
from final
