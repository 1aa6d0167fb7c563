{%- set comparisons = [
    "email",
    "phone",
    "given_name",
    "family_name",
    "name_order",
    "address",
    "company",
    "birth_date",
] -%}

with
    candidate_pairs as (select * from {{ ref("int_identity__candidate_pairs") }}),

    records as (select * from {{ ref("int_identity__records") }}),

    weights as (select * from {{ ref("identity_weights") }}),

    compared as (
        select
            left_record.record_key as left_record_key,
            right_record.record_key as right_record_key,
            left_record.all_count,
            least(left_record.name_count, right_record.name_count) as name_count,
            greatest(
                left_record.postcode_count, right_record.postcode_count
            ) as postcode_count,
            greatest(left_record.city_count, right_record.city_count) as city_count,
            greatest(
                case
                    when left_record.company_key = right_record.company_key
                    then greatest(left_record.company_count, right_record.company_count)
                end,
                case
                    when left_record.company_domain = right_record.company_domain
                    then
                        greatest(
                            left_record.company_domain_count,
                            right_record.company_domain_count
                        )
                end,
                1
            ) as company_count,

            case
                when left_record.emails is null or right_record.emails is null
                then 'missing'
                when
                    {{
                        lists_overlap(
                            "left_record.personal_emails",
                            "right_record.personal_emails",
                        )
                    }}
                then 'same'
                when
                    {{
                        lists_overlap(
                            "left_record.shared_emails", "right_record.shared_emails"
                        )
                    }}
                then 'same_shared'
                when
                    {{
                        lists_overlap(
                            "left_record.role_emails", "right_record.role_emails"
                        )
                    }} and left_record.given is null and right_record.given is null
                then 'same_organisation'
                when
                    {{
                        lists_overlap(
                            "left_record.role_emails", "right_record.role_emails"
                        )
                    }}
                    or {{
                        lists_overlap(
                            "left_record.common_emails",
                            "right_record.common_emails",
                        )
                    }}
                then 'same_role'
                when left_record.email_local_key = right_record.email_local_key
                then
                    case
                        when
                            not (
                                {{
                                    local_part_holds_name(
                                        "left_record", "left_record"
                                    )
                                }}
                                or {{
                                    local_part_holds_name(
                                        "left_record", "right_record"
                                    )
                                }}
                            )
                        then 'same_local_part'
                        when {{ digit_count("left_record.email_local_key") }} < 2
                        then 'same_name_in_local_part'
                        when {{ digit_count("left_record.email_local_key") }} < 4
                        then 'same_name_and_number'
                        else 'same_local_part'
                    end
                when
                    left_record.email_domain = right_record.email_domain
                    and {{
                        name_slip(
                            "left_record.email_local_key",
                            "right_record.email_local_key",
                            6,
                        )
                    }}
                    and {{ regex_replaced("left_record.email_local_key", "[0-9]", "") }}
                    <> {{ regex_replaced("right_record.email_local_key", "[0-9]", "") }}
                then 'similar'
                else 'different'
            end as email_level,

            case
                when left_record.phones is null or right_record.phones is null
                then 'missing'
                when
                    {{
                        lists_overlap(
                            "left_record.personal_phones",
                            "right_record.personal_phones",
                        )
                    }}
                then 'same'
                when
                    {{
                        lists_overlap(
                            "left_record.shared_phones", "right_record.shared_phones"
                        )
                    }}
                then 'same_shared'
                when
                    {{
                        lists_overlap(
                            "left_record.common_phones", "right_record.common_phones"
                        )
                    }}
                then 'same_common'
                when {{ edit_distance("left_record.phone", "right_record.phone") }} <= 1
                then 'similar'
                else 'different'
            end as phone_level,

            {{ given_name_level("left_record", "right_record") }}
            as straight_given_name_level,
            {{ family_name_level("left_record", "right_record") }}
            as straight_family_name_level,
            {{ names_are_swapped("left_record", "right_record") }} as is_swapped,

            case
                when
                    left_record.street_key = right_record.street_key
                    and (
                        left_record.postcode = right_record.postcode
                        or left_record.city_key = right_record.city_key
                        or (
                            left_record.postcode is null
                            and left_record.city_key is null
                        )
                        or (
                            right_record.postcode is null
                            and right_record.city_key is null
                        )
                    )
                then 'same_street'
                when left_record.postcode = right_record.postcode
                then 'same_postcode'
                when left_record.city_key = right_record.city_key
                then 'same_city'
                when
                    {{ edit_distance("left_record.city_key", "right_record.city_key") }}
                    > 1
                then 'different'
                else 'missing'
            end as address_level,

            case
                when
                    left_record.company_key = right_record.company_key
                    or left_record.company_domain = right_record.company_domain
                    or left_record.company_key
                    = {{ regex_found("right_record.company_domain", "^[^.]+") }}
                    or right_record.company_key
                    = {{ regex_found("left_record.company_domain", "^[^.]+") }}
                then 'same'
                when left_record.company_key <> right_record.company_key
                then 'different'
                else 'missing'
            end as company_level,

            case
                when left_record.birth_date = right_record.birth_date
                then 'same'
                when left_record.birth_date <> right_record.birth_date
                then
                    case
                        when
                            {{
                                edit_distance(
                                    "left_record.birth_date",
                                    "right_record.birth_date",
                                )
                            }} <= 1
                            or (
                                left(left_record.birth_date, 4)
                                = left(right_record.birth_date, 4)
                                and left(left_record.birthday, 2)
                                = substr(right_record.birthday, 4)
                                and substr(left_record.birthday, 4)
                                = left(right_record.birthday, 2)
                            )
                        then 'similar'
                        else 'different'
                    end
                when left_record.birthday = right_record.birthday
                then 'same_birthday'
                when left_record.birthday <> right_record.birthday
                then 'different'
                else 'missing'
            end as birth_date_level
        from candidate_pairs
        inner join
            records as left_record
            on left_record.record_key = candidate_pairs.left_record_key
        inner join
            records as right_record
            on right_record.record_key = candidate_pairs.right_record_key
    ),

    levelled as (
        select
            *,
            case
                when is_swapped then 'same' else straight_given_name_level
            end as given_name_level,
            case
                when is_swapped then 'same' else straight_family_name_level
            end as family_name_level,
            case when is_swapped then 'swapped' else 'straight' end as name_order_level,
            is_swapped
            or straight_given_name_level
            in ('same', 'nickname', 'other_script') as is_same_given_name
        from compared
    ),

    named as (
        select
            *,
            case
                when
                    is_same_given_name
                    and family_name_level in ('same', 'other_script', 'same_sound')
                then 'same'
                else 'other'
            end as full_name_level
        from levelled
    ),

    weighed as (
        select
            named.left_record_key,
            named.right_record_key,
            {% for comparison in comparisons %}
                named.{{ comparison }}_level,
            {% endfor %}
            named.full_name_level,
            named.is_same_given_name,
            {{ match_weight("prior_weight.m", "prior_weight.u") }} as prior_weight,
            {% for comparison in [
                "email",
                "phone",
                "given_name",
                "family_name",
                "name_order",
                "birth_date",
            ] %}
                {{ match_weight(comparison ~ "_weight.m", comparison ~ "_weight.u") }}
                as {{ comparison }}_weight,
            {% endfor %}
            {{
                match_weight(
                    "address_weight.m",
                    "case when not address_weight.uses_frequency then address_weight.u when named.address_level = 'same_city' then "
                    ~ frequency_of(
                        "named.city_count", "named.all_count", "address_weight.u"
                    )
                    ~ " else "
                    ~ frequency_of(
                        "named.postcode_count", "named.all_count", "address_weight.u"
                    )
                    ~ " end",
                )
            }}
            as address_weight,
            {{
                match_weight(
                    "company_weight.m",
                    "case when company_weight.uses_frequency then "
                    ~ frequency_of(
                        "named.company_count", "named.all_count", "company_weight.u"
                    )
                    ~ " else company_weight.u end",
                )
            }} as company_weight,
            {{
                match_weight(
                    "full_name_weight.m",
                    frequency_of(
                        "named.name_count", "named.all_count", "full_name_weight.u"
                    )
                    ~ " * greatest(named.all_count, 100000) / 100000.0",
                )
            }} as full_name_alone_weight,
            {{ match_weight("same_given_name.m", "same_given_name.u") }}
            + {{ match_weight("same_family_name.m", "same_family_name.u") }}
            as both_names_weight
        from named
        {% for comparison in comparisons + ["full_name"] %}
            left join
                weights as {{ comparison }}_weight
                on {{ comparison }}_weight.comparison = '{{ comparison }}'
                and {{ comparison }}_weight.level = named.{{ comparison }}_level
        {% endfor %}
        left join weights as prior_weight on prior_weight.comparison = 'prior'
        left join
            weights as same_given_name
            on same_given_name.comparison = 'given_name'
            and same_given_name.level = 'same'
        left join
            weights as same_family_name
            on same_family_name.comparison = 'family_name'
            and same_family_name.level = 'same'
    ),

    -- Where two comparisons are not independent, the second one adds nothing.
    adjusted as (
        select
            *,
            case
                when full_name_level = 'same'
                then full_name_alone_weight - both_names_weight
                else 0
            end as name_frequency_weight,
            case
                when is_same_given_name
                then 0
                else
                    greatest(family_name_weight, 0)
                    + greatest(address_weight, 0)
                    + case when phone_level = 'same_shared' then phone_weight else 0 end
                    + case
                        when
                            email_level in (
                                'same_shared',
                                'similar',
                                'same_local_part',
                                'same_name_and_number'
                            )
                        then email_weight
                        else 0
                    end
                    - greatest(
                        family_name_weight,
                        address_weight,
                        case
                            when phone_level = 'same_shared' then phone_weight else 0
                        end,
                        case
                            when
                                email_level in (
                                    'same_shared',
                                    'similar',
                                    'same_local_part',
                                    'same_name_and_number'
                                )
                            then email_weight
                            else 0
                        end,
                        0
                    )
            end as household_weight,
            case
                when given_name_level = 'organisation'
                then greatest(company_weight, 0)
                when
                    company_level = 'same'
                    and address_level in ('same_city', 'same_postcode', 'same_street')
                then least(greatest(address_weight, 0), greatest(company_weight, 0))
                else 0
            end as workplace_weight
        from weighed
    ),

    summed as (
        select
            *,
            0.0
            - household_weight
            - case
                when household_weight > 0 and given_name_level <> 'organisation'
                then 0
                else workplace_weight
            end as dependence_weight,
            greatest(
                email_weight,
                phone_weight,
                address_weight,
                company_weight,
                birth_date_weight
            )
            > 0 as has_evidence_beyond_names
        from adjusted
    ),

    final as (
        select
            left_record_key,
            right_record_key,
            email_level,
            phone_level,
            given_name_level,
            family_name_level,
            name_order_level,
            address_level,
            company_level,
            birth_date_level,
            has_evidence_beyond_names,
            prior_weight,
            email_weight,
            phone_weight,
            given_name_weight,
            family_name_weight,
            name_order_weight,
            name_frequency_weight,
            address_weight,
            company_weight,
            birth_date_weight,
            dependence_weight,
            prior_weight
            + email_weight
            + phone_weight
            + given_name_weight
            + family_name_weight
            + name_order_weight
            + name_frequency_weight
            + address_weight
            + company_weight
            + birth_date_weight
            + dependence_weight as match_weight
        from summed
    )

select *
from final
