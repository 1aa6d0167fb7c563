with
    person_records as (select * from {{ ref("int_identity__person_records") }}),

    record_names as (select * from {{ ref("int_identity__record_names") }}),

    mail_providers as (select * from {{ ref("identity_mail_providers") }}),

    role_mailboxes as (select * from {{ ref("identity_role_mailboxes") }}),

    countries as (select * from {{ ref("identity_countries") }}),

    typed_emails as (
        select record_key, email as typed, 1 as place
        from person_records
        where email is not null
        union all
        select
            record_key,
            {{
                list_rows(
                    words_of(
                        "replace(replace(other_emails, ',', ';'), ' ', ';')", ";"
                    )
                )
            }},
            2
        from person_records
        where other_emails is not null
    ),

    addresses as (
        select record_key, place, {{ email_address("typed") }} as address
        from typed_emails
    ),

    mailboxes as (
        select
            addresses.record_key,
            addresses.place,
            addresses.address,
            {{
                email_mailbox(
                    "addresses.address",
                    "mail_providers.canonical_domain",
                    "mail_providers.ignores_dots",
                )
            }} as mailbox,
            mail_providers.domain is not null as is_free_mail
        from addresses
        left join
            mail_providers
            on mail_providers.domain = {{ email_domain("addresses.address") }}
        where addresses.address is not null
    ),

    emails as (
        select
            mailboxes.record_key,
            'email' as kind,
            mailboxes.mailbox as value,
            mailboxes.address as written,
            mailboxes.place,
            {{ email_local_part("mailboxes.mailbox") }} as local_part,
            {{ email_domain("mailboxes.mailbox") }} as domain,
            mailboxes.is_free_mail,
            role_mailboxes.local_part is not null as is_role_mailbox
        from mailboxes
        left join
            role_mailboxes
            on role_mailboxes.local_part
            =
            {{ regex_replaced(email_local_part("mailboxes.mailbox"), "[^a-zא-ת]", "") }}
    ),

    typed_phones as (
        select
            person_records.record_key,
            person_records.phone,
            1 as place,
            countries.country
        from person_records
        left join
            countries on countries.alias = {{ plain_text("person_records.country") }}
        where person_records.phone is not null
        union all
        select
            person_records.record_key, person_records.other_phone, 2, countries.country
        from person_records
        left join
            countries on countries.alias = {{ plain_text("person_records.country") }}
        where person_records.other_phone is not null
    ),

    distinct_phones as (
        select distinct
            concat(coalesce(country, ''), ' ', phone) as phone_id, phone, country
        from typed_phones
    ),

    international as ({{ phone_numbers("distinct_phones") }}),

    phones as (
        select
            typed_phones.record_key,
            'phone' as kind,
            international.e164 as value,
            typed_phones.phone as written,
            typed_phones.place,
            cast(null as varchar) as local_part,
            cast(null as varchar) as domain,
            false as is_free_mail,
            false as is_role_mailbox
        from typed_phones
        inner join
            international
            on international.phone_id
            = concat(coalesce(typed_phones.country, ''), ' ', typed_phones.phone)
    ),

    identifiers as (
        select *
        from emails
        union all
        select *
        from phones
    ),

    -- Said twice in one record, an identifier counts once.
    ranked as (
        select
            *,
            row_number() over (
                partition by record_key, kind, value order by place, written
            ) as said
        from identifiers
    ),

    final as (
        select
            ranked.record_key,
            ranked.kind,
            ranked.value,
            ranked.written,
            ranked.place,
            ranked.local_part,
            ranked.domain,
            ranked.is_free_mail,
            ranked.is_role_mailbox,
            concat(
                record_names.given_key,
                case when record_names.generation is not null then '|' end,
                record_names.generation
            ) as name_face
        from ranked
        inner join record_names on record_names.record_key = ranked.record_key
        where ranked.said = 1
    )

select *
from final
