{{ config(materialized="followed", outdated="{{ only_touched_customers() }}") }}
{#- Read where they lie: a CTE that is read several times is copied first. -#}
{%- set customer_attributes = made_rows(ref("customer_attributes")) -%}

with
    customer_identities as (
        select customer_id, record_id
        from {{ made_rows(ref("customer_identities")) }}
        where {{ only_touched_customers() }}
    ),

    texts as (
        select
            customer_id,
            case
                when attribute in ('display_name', 'given_name', 'family_name')
                then 'name'
                else attribute
            end as field,
            value
        from {{ customer_attributes }}
        where
            attribute
            in ('display_name', 'given_name', 'family_name', 'company', 'city')
    ),

    words as (
        select distinct
            customer_id, field, {{ list_rows(words_of(plain_text("value"))) }} as token
        from texts
    ),

    name_words as (select distinct token from words where field = 'name'),

    name_keys as (
        select token, {{ list_rows(name_keys("token")) }} as name_key
        from name_words
        where length(token) > 1
    ),

    emails as (
        select distinct customer_id, lower(value) as email
        from {{ customer_attributes }}
        where attribute = 'email'
    ),

    phones as (
        select distinct customer_id, value
        from {{ customer_attributes }}
        where attribute = 'phone'
    ),

    tokens as (
        select token, customer_id, field
        from words
        union all
        select name_keys.name_key as token, words.customer_id, 'name_key' as field
        from words
        inner join name_keys on name_keys.token = words.token
        where words.field = 'name' and name_keys.name_key <> ''
        union all
        select email as token, customer_id, 'email' as field
        from emails
        union all
        select {{ email_domain("email") }} as token, customer_id, 'email' as field
        from emails
        union all
        select
            {{ regex_replaced("value", "[^0-9]", "") }} as token,
            customer_id,
            'phone' as field
        from phones
        union all
        select customer_id as token, customer_id, 'id' as field
        from customer_identities
        union all
        select lower(record_id) as token, customer_id, 'id' as field
        from customer_identities
    ),

    final as (
        select distinct left(token, 200) as token, customer_id, field
        from tokens
        where token <> ''
    )

select token, customer_id, field
from final
