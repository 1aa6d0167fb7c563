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
        select * from {{ made_rows(ref("int_identity__person_records")) }}
    ),

    record_names as (select * from {{ made_rows(ref("int_identity__record_names")) }}),

    given_names as (select * from {{ ref("int_identity__given_names") }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    record_identifiers as (
        select * from {{ made_rows(ref("int_identity__record_identifiers")) }}
    ),

    countries as (select * from {{ ref("identity_countries") }}),

    name_words as (select * from {{ ref("identity_name_words") }}),

    placeholders as (select * from {{ ref("identity_placeholders") }}),

    cities as (select * from {{ ref("identity_cities") }}),

    -- What many records have in common is brought to its key once.
    city_names as (select distinct city from person_records where city is not null),

    plain_cities as (
        select city, {{ plain_text("city") }} as plain_city from city_names
    ),

    city_keys as (
        select
            plain_cities.city,
            nullif(
                {{
                    loose_name_key(
                        regex_replaced(
                            "coalesce(cities.city, plain_cities.plain_city)",
                            "[^\\p{L}]",
                            "",
                        )
                    )
                }},
                ''
            ) as city_key
        from plain_cities
        left join cities on cities.alias = plain_cities.plain_city
        where
            replace(plain_cities.plain_city, ' ', '')
            not in (select text from placeholders)
    ),

    streets as (select distinct street from person_records where street is not null),

    houses as ({{ street_houses("streets") }}),

    -- Who has a box at the post office and no house is found there.
    street_keys as (
        select street, coalesce(house_key, 'pobox#' || box_number) as street_key
        from houses
    ),

    employers as (
        select
            person_records.record_key,
            coalesce(
                person_records.company,
                case when record_names.is_company then person_records.full_name end
            ) as employer
        from person_records
        inner join record_names on record_names.record_key = person_records.record_key
        where person_records.company is not null or record_names.is_company
    ),

    employer_names as (select distinct employer as name from employers),

    company_keys as ({{ company_name_keys("employer_names", "name_words") }}),

    record_companies as (
        select employers.record_key, company_keys.name_key as company_key
        from employers
        inner join company_keys on company_keys.name = employers.employer
        where company_keys.name_key not in (select text from placeholders)
    ),

    postcodes as (
        select distinct postcode as typed from person_records where postcode is not null
    ),

    plain_postcodes as (
        select typed, {{ letters_and_digits("lower(left(typed, 20))") }} as postcode
        from postcodes
    ),

    postcode_keys as (
        select typed, postcode
        from plain_postcodes
        where postcode <> '' and postcode not in (select text from placeholders)
    ),

    country_names as (
        select distinct country from person_records where country is not null
    ),

    country_codes as (
        select country_names.country, countries.country as country_code
        from country_names
        inner join
            countries on countries.alias = {{ plain_text("country_names.country") }}
    ),

    first_emails as (
        select
            record_key,
            case when not is_role_mailbox then local_part end as email_local_part,
            domain as email_domain,
            case when not is_free_mail then domain end as company_domain
        from record_identifiers
        where kind = 'email' and place = 1
    ),

    role_mailboxes as (
        select distinct record_key
        from record_identifiers
        where kind = 'email' and is_role_mailbox
    ),

    first_phones as (
        select record_key, value as phone
        from record_identifiers
        where kind = 'phone' and place = 1
    ),

    national_ids as (
        select record_key, value as national_id
        from record_identifiers
        where kind = 'national_id'
    ),

    dated as (
        select
            record_key,
            {{ birth_date("birth_date") }} as birth_date,
            {{ birthday("birth_date") }} as birthday
        from person_records
        where birth_date is not null and not {{ birth_date_is_default("birth_date") }}
    ),

    gender_words as (
        select distinct gender from person_records where gender is not null
    ),

    genders as (
        select gender as typed, {{ plain_gender("gender") }} as gender from gender_words
    ),

    described as (
        select
            person_records.record_key,
            person_records.source,
            person_records.record_id,
            person_records.first_seen_at,
            person_records.updated_at,
            record_names.is_company,
            record_names.given,
            record_names.middle,
            record_names.family,
            record_names.family_parts,
            record_names.generation,
            given_names.given_own_key,
            given_names.given_key,
            given_names.given_initial_key,
            given_names.given_is_hebrew,
            family_names.family_key,
            family_names.family_is_hebrew,
            case
                when given_names.given_key <> '' and family_names.family_key <> ''
                then
                    concat(
                        least(given_names.given_key, family_names.family_key),
                        '|',
                        greatest(given_names.given_key, family_names.family_key)
                    )
            end as name_key,
            first_emails.email_local_part,
            case
                when length(first_emails.email_local_part) >= 6
                then
                    {{ letters_translated("first_emails.email_local_part", "._-", "") }}
            end as email_local_key,
            first_emails.email_domain,
            first_emails.company_domain,
            {{ letters_and_digits("split_part(first_emails.company_domain, '.', 1)") }}
            as company_label,
            role_mailboxes.record_key is not null as is_role_mailbox,
            first_phones.phone,
            street_keys.street_key,
            city_keys.city_key,
            postcode_keys.postcode,
            country_codes.country_code as country,
            record_companies.company_key,
            dated.birth_date,
            dated.birthday,
            national_ids.national_id,
            coalesce(country_codes.country_code, {{ home_country() }}) = 'IL'
            and {{ regex_matches("national_ids.national_id", "^[0-9]{9}$") }}
            and not {{ has_israeli_check_digit("national_ids.national_id") }}
            as national_id_is_wrong,
            genders.gender
            {% for column in identity_also_columns() %}
                , {{ plain_text("person_records." ~ column) }} as {{ column }}
            {% endfor %}
        from person_records
        inner join record_names on record_names.record_key = person_records.record_key
        left join given_names on given_names.given = record_names.given
        left join family_names on family_names.family = record_names.family
        left join first_emails on first_emails.record_key = person_records.record_key
        left join
            role_mailboxes on role_mailboxes.record_key = person_records.record_key
        left join first_phones on first_phones.record_key = person_records.record_key
        left join national_ids on national_ids.record_key = person_records.record_key
        left join street_keys on street_keys.street = person_records.street
        left join city_keys on city_keys.city = person_records.city
        left join postcode_keys on postcode_keys.typed = person_records.postcode
        left join country_codes on country_codes.country = person_records.country
        left join
            record_companies on record_companies.record_key = person_records.record_key
        left join dated on dated.record_key = person_records.record_key
        left join genders on genders.typed = person_records.gender
    ),

    final as (
        select
            record_key,
            source,
            record_id,
            first_seen_at,
            updated_at,
            is_company,
            given,
            middle,
            family,
            family_parts,
            generation,
            given_own_key,
            given_key,
            given_initial_key,
            given_is_hebrew,
            family_key,
            family_is_hebrew,
            name_key,
            email_local_part,
            email_local_key,
            email_domain,
            company_domain,
            company_label,
            is_role_mailbox,
            phone,
            street_key,
            city_key,
            postcode,
            country,
            company_key,
            birth_date,
            birthday,
            national_id,
            national_id_is_wrong,
            gender
            {% for column in identity_also_columns() %}
                , nullif({{ column }}, '') as {{ column }}
            {% endfor %}
        from described
    )

select *
from final
