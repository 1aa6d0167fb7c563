with
    person_records as (select * from {{ ref("int_identity__person_records") }}),

    record_names as (select * from {{ ref("int_identity__record_names") }}),

    record_identifiers as (select * from {{ ref("int_identity__record_identifiers") }}),

    identifiers as (select * from {{ ref("int_identity__identifiers") }}),

    countries as (select * from {{ ref("identity_countries") }}),

    name_words as (select * from {{ ref("identity_name_words") }}),

    legal_forms as (
        select {{ distinct_values("word") }} as words
        from name_words
        where role = 'legal_form'
    ),

    used_identifiers as (
        select
            record_identifiers.record_key,
            record_identifiers.kind,
            record_identifiers.value,
            record_identifiers.place,
            record_identifiers.local_part,
            record_identifiers.domain,
            record_identifiers.is_free_mail,
            identifiers.use
        from record_identifiers
        inner join
            identifiers
            on identifiers.kind = record_identifiers.kind
            and identifiers.value = record_identifiers.value
    ),

    identifier_lists as (
        select
            record_key,
            {% for kind, uses in [
                ("email", ["personal", "shared", "role", "common"]),
                ("phone", ["personal", "shared", "common"]),
            ] %}
                {{ collected_values("case when kind = '" ~ kind ~ "' then value end") }}
                as {{ kind }}s,
                {% for use in uses %}
                    {{
                        collected_values(
                            "case when kind = '"
                            ~ kind
                            ~ "' and use = '"
                            ~ use
                            ~ "' then value end"
                        )
                    }} as {{ use }}_{{ kind }}s,
                {% endfor %}
            {% endfor %}
            min(
                case
                    when kind = 'email' and place = 1 and use <> 'role' then local_part
                end
            ) as email_local_part,
            min(case when kind = 'email' and place = 1 then domain end) as email_domain,
            min(
                case
                    when kind = 'email' and place = 1 and not is_free_mail then domain
                end
            ) as company_domain,
            bool_or(kind = 'email' and use = 'role') as is_role_mailbox,
            min(case when kind = 'phone' and place = 1 then value end) as phone
        from used_identifiers
        group by record_key
    ),

    standardised as (
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
            record_names.given_forms,
            record_names.given_sounds,
            record_names.given_own_key,
            record_names.given_key,
            record_names.given_initial_key,
            record_names.given_is_hebrew,
            record_names.given_count,
            record_names.all_count,
            record_names.family_sounds,
            record_names.family_key,
            record_names.family_is_hebrew,
            record_names.name_key,
            identifier_lists.emails,
            identifier_lists.personal_emails,
            identifier_lists.shared_emails,
            identifier_lists.role_emails,
            identifier_lists.common_emails,
            identifier_lists.email_local_part,
            identifier_lists.email_domain,
            identifier_lists.company_domain,
            coalesce(identifier_lists.is_role_mailbox, false) as is_role_mailbox,
            identifier_lists.phones,
            identifier_lists.personal_phones,
            identifier_lists.shared_phones,
            identifier_lists.common_phones,
            identifier_lists.phone,
            {{ plain_text("person_records.street") }} as street,
            nullif(
                {{
                    loose_name_key(
                        regex_replaced(
                            plain_text("person_records.city"), "[^\\p{L}]", ""
                        )
                    )
                }},
                ''
            ) as city_key,
            nullif(
                replace({{ plain_text("person_records.postcode") }}, ' ', ''), ''
            ) as postcode,
            countries.country,
            nullif(
                {{
                    list_joined(
                        list_without(
                            words_of(
                                plain_text(
                                    "coalesce(person_records.company, case when record_names.is_company then person_records.full_name end)"
                                )
                            ),
                            "legal_forms.words",
                        ),
                        "",
                    )
                }},
                ''
            ) as company_key,
            {{
                regex_found(
                    "person_records.birth_date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
                )
            }} as birth_date,
            coalesce(
                {{
                    regex_found(
                        "person_records.birth_date",
                        "^[0-9]{4}-([0-9]{2}-[0-9]{2})",
                        1,
                    )
                }},
                replace(
                    {{
                        regex_found(
                            "person_records.birth_date", "^[0-9]{2}/[0-9]{2}$"
                        )
                    }},
                    '/',
                    '-'
                )
            ) as birthday
        from person_records
        cross join legal_forms
        inner join record_names on record_names.record_key = person_records.record_key
        left join
            identifier_lists on identifier_lists.record_key = person_records.record_key
        left join
            countries on countries.alias = {{ plain_text("person_records.country") }}
    ),

    keyed as (
        select
            *,
            {{ loose_name_key(regex_replaced("street", "[^\\p{L}]", "")) }}
            as street_letters,
            {{ regex_found("street", "[0-9]+") }} as house_number,
            nullif(
                {{
                    cross_script_key(
                        regex_replaced("email_local_part", "[^a-zא-ת]", "")
                    )
                }},
                ''
            ) as email_local_sound,
            case
                when length(email_local_part) >= 6
                then {{ regex_replaced("email_local_part", "[._-]", "") }}
            end as email_local_key
        from standardised
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
            given_forms,
            given_sounds,
            given_own_key,
            given_key,
            given_initial_key,
            given_is_hebrew,
            family_sounds,
            family_key,
            family_is_hebrew,
            name_key,
            case
                when name_key is not null then count(*) over (partition by name_key)
            end as name_count,
            given_count,
            emails,
            personal_emails,
            shared_emails,
            role_emails,
            common_emails,
            email_local_part,
            email_local_key,
            email_local_sound,
            email_domain,
            company_domain,
            is_role_mailbox,
            phones,
            personal_phones,
            shared_phones,
            common_phones,
            phone,
            case
                when street_letters <> '' and house_number is not null
                then concat(street_letters, '#', house_number)
            end as street_key,
            city_key,
            case
                when city_key is not null then count(*) over (partition by city_key)
            end as city_count,
            postcode,
            case
                when postcode is not null then count(*) over (partition by postcode)
            end as postcode_count,
            country,
            company_key,
            case
                when company_key is not null
                then count(*) over (partition by company_key)
            end as company_count,
            case
                when company_domain is not null
                then count(*) over (partition by company_domain)
            end as company_domain_count,
            birth_date,
            birthday,
            all_count
        from keyed
    )

select *
from final
