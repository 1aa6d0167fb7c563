{{
    config(
        materialized="followed",
        keeps_outdated=true,
        outdated="record_key in (select record_key from {{ ref('int_identity__changed_records') }})",
    )
}}
-- depends_on: {{ ref("int_identity__changed_records") }}
with
    person_records as (
        select
            record_key,
            source,
            record_id,
            email,
            other_emails,
            phone,
            other_phone,
            country,
            national_id,
            external_ids
        from {{ made_rows(ref("int_identity__person_records")) }}
    ),

    record_names as (
        select
            record_names.record_key,
            record_names.generation,
            -- A name in letters that have no key is its own.
            case
                when given_names.given_own_key is null
                then record_names.given
                else given_names.given_key
            end as given_key
        from {{ made_rows(ref("int_identity__record_names")) }} as record_names
        left join
            {{ ref("int_identity__given_names") }} as given_names
            on given_names.given = record_names.given
    ),

    mail_providers as (select * from {{ ref("identity_mail_providers") }}),

    role_mailboxes as (select * from {{ ref("identity_role_mailboxes") }}),

    placeholders as (select * from {{ ref("identity_placeholders") }}),

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

    -- What several records have in common is parsed once.
    distinct_emails as (select distinct typed from typed_emails),

    addresses as (
        select typed, {{ email_address("typed") }} as address from distinct_emails
    ),

    mailboxes as (
        select
            addresses.typed,
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

    -- Nobody's is what says by itself that it was made up: `test@test.com`.
    known_mailboxes as (
        select
            mailboxes.typed,
            mailboxes.address,
            mailboxes.mailbox,
            {{ email_local_part("mailboxes.mailbox") }} as local_part,
            {{ email_domain("mailboxes.mailbox") }} as domain,
            mailboxes.is_free_mail,
            role_mailboxes.local_part is not null as is_role_mailbox
        from mailboxes
        left join
            role_mailboxes
            on role_mailboxes.local_part
            = {{
                letters_translated(
                    email_local_part("mailboxes.mailbox"), "0123456789._-+", ""
                )
            }}
        where
            not (
                split_part({{ email_domain("mailboxes.mailbox") }}, '.', 1)
                in (select text from placeholders)
                and {{
                    letters_translated(
                        email_local_part("mailboxes.mailbox"), "0123456789._-+", ""
                    )
                }} in (select text from placeholders)
            )
    ),

    emails as (
        select
            typed_emails.record_key,
            'email' as kind,
            known_mailboxes.mailbox as value,
            known_mailboxes.address as written,
            typed_emails.place,
            known_mailboxes.local_part,
            known_mailboxes.domain,
            known_mailboxes.is_free_mail,
            known_mailboxes.is_role_mailbox
        from typed_emails
        inner join known_mailboxes on known_mailboxes.typed = typed_emails.typed
    ),

    country_names as (
        select distinct country from person_records where country is not null
    ),

    country_codes as (
        select country_names.country as name, countries.country
        from country_names
        inner join
            countries on countries.alias = {{ plain_text("country_names.country") }}
    ),

    typed_phones as (
        select
            person_records.record_key,
            person_records.phone,
            1 as place,
            country_codes.country
        from person_records
        left join country_codes on country_codes.name = person_records.country
        where person_records.phone is not null
        union all
        select
            person_records.record_key,
            person_records.other_phone,
            2,
            country_codes.country
        from person_records
        left join country_codes on country_codes.name = person_records.country
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

    national_ids as (
        select
            record_key,
            'national_id' as kind,
            {{ national_id("national_id") }} as value,
            national_id as written,
            1 as place,
            cast(null as varchar) as local_part,
            cast(null as varchar) as domain,
            false as is_free_mail,
            false as is_role_mailbox
        from person_records
        where {{ national_id("national_id") }} is not null
    ),

    -- A record that another one names has its own id in common with it.
    named_records as (
        select record_key, {{ list_rows(words_of("external_ids", ";")) }} as value
        from person_records
        where external_ids is not null
    ),

    external_ids as (
        select
            record_key,
            'external_id' as kind,
            value,
            value as written,
            1 as place,
            cast(null as varchar) as local_part,
            cast(null as varchar) as domain,
            false as is_free_mail,
            false as is_role_mailbox
        from named_records
        {% if var("identity_external_ids", {}) %}
            union all
            select
                record_key,
                'external_id',
                concat(source, ':', record_id),
                record_id,
                1,
                null,
                null,
                false,
                false
            from person_records
        {% endif %}
    ),

    identifiers as (
        select *
        from emails
        union all
        select *
        from phones
        union all
        select *
        from national_ids
        union all
        select *
        from external_ids
    ),

    -- Said twice in one record, an identifier counts once.
    first_said as (select * from identifiers where place = 1),

    said_again as (
        select
            record_key,
            kind,
            value,
            min(written) as written,
            2 as place,
            min(local_part) as local_part,
            min(domain) as domain,
            bool_or(is_free_mail) as is_free_mail,
            bool_or(is_role_mailbox) as is_role_mailbox
        from identifiers
        where place = 2
        group by record_key, kind, value
    ),

    said_once as (
        select *
        from first_said
        union all
        select said_again.*
        from said_again
        left join
            first_said
            on first_said.record_key = said_again.record_key
            and first_said.kind = said_again.kind
            and first_said.value = said_again.value
        where first_said.record_key is null
    ),

    final as (
        select
            said_once.record_key,
            said_once.kind,
            said_once.value,
            said_once.written,
            said_once.place,
            said_once.local_part,
            said_once.domain,
            said_once.is_free_mail,
            said_once.is_role_mailbox,
            concat(
                record_names.given_key,
                case when record_names.generation is not null then '|' end,
                record_names.generation
            ) as name_face
        from said_once
        inner join record_names on record_names.record_key = said_once.record_key
    )

select *
from final
