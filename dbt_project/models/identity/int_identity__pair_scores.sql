{{
    config(
        materialized="followed",
        outdated="left_record_key in (select record_key from {{ ref('int_identity__recompared_records') }}) or right_record_key in (select record_key from {{ ref('int_identity__recompared_records') }})",
    )
}}
{%- set also = identity_also_columns() -%}
{#- Names, and what tells names apart, are no evidence by themselves. -#}
{%- set names = ["given_name", "family_name", "name_order", "gender"] -%}
{%- set evidence = identity_comparisons() | rejectattr("name", "in", names) | list -%}
{#- Pairs with a smaller weight are no link and not worth a look; none: keep every pair. -#}
{%- set least_weight = var("identity_kept_weight", -6) -%}

-- depends_on: {{ ref("int_identity__recompared_records") }}
with
    candidate_pairs as (select * from {{ ref("int_identity__candidate_pairs") }}),

    compared_records as (
        select left_record_key as record_key
        from candidate_pairs
        union
        select right_record_key as record_key
        from candidate_pairs
    ),

    records as (
        select *
        from {{ ref("int_identity__records") }}
        where {{ only_in("compared_records") }}
    ),

    frequencies as (select * from {{ ref("int_identity__record_frequencies") }}),

    weights as ({{ weights_in_a_row(ref("int_identity__weights")) }}),

    described as (
        select
            records.record_key,
            records.is_company,
            records.given,
            records.middle,
            records.family,
            records.family_parts,
            records.generation,
            records.given_own_key,
            records.given_is_hebrew,
            records.family_key,
            records.family_is_hebrew,
            records.email_local_part,
            records.email_local_key,
            records.email_domain,
            records.phone,
            records.street_key,
            records.city_key,
            records.postcode,
            records.company_key,
            records.company_domain,
            records.company_label,
            records.birth_date,
            records.birthday,
            records.national_id,
            records.national_id_is_wrong,
            records.gender,
            {% for column in also %} records.{{ column }}, {% endfor %}
            frequencies.emails,
            frequencies.phones,
            frequencies.national_ids,
            frequencies.external_ids,
            {% for column in counted_columns() if column != "given" %}
                frequencies.{{ column }}_count,
            {% endfor %}
            frequencies.all_count
        from records
        inner join frequencies on frequencies.record_key = records.record_key
    ),

    -- All that takes both records. How two spellings of a name compare, and what an
    -- address says of a name, is found below, once for all pairs.
    compared as (
        select
            left_record.record_key as left_record_key,
            right_record.record_key as right_record_key,
            left_record.all_count,
            least(
                left_record.name_key_count, right_record.name_key_count
            ) as name_key_count,
            left_record.postcode_count,
            left_record.city_key_count,
            left_record.birth_date_count,
            {% for column in also %} left_record.{{ column }}_count, {% endfor %}
            greatest(
                case
                    when left_record.company_key = right_record.company_key
                    then left_record.company_key_count
                end,
                case
                    when left_record.company_domain = right_record.company_domain
                    then left_record.company_domain_count
                end,
                1
            ) as company_count,
            {% for kind in ["email", "phone", "national_id", "external_id"] %}
                {{
                    first_common_text(
                        "left_record." ~ kind ~ "s", "right_record." ~ kind ~ "s"
                    )
                }} as common_{{ kind }},
            {% endfor %}
            {{ email_level("left_record", "right_record", "common_email") }}
            as plain_email_level,
            {{ phone_level("left_record", "right_record", "common_phone") }}
            as phone_level,
            {{ national_id_level("left_record", "right_record", "common_national_id") }}
            as national_id_level,
            {{ external_id_level("left_record", "right_record", "common_external_id") }}
            as external_id_level,
            {{ address_level("left_record", "right_record") }} as address_level,
            {{ company_level("left_record", "right_record") }} as company_level,
            {% for column in also %}
                {{ also_level("left_record." ~ column, "right_record." ~ column) }}
                as {{ column }}_level,
            {% endfor %}
            {{
                birth_date_level(
                    "left_record",
                    "right_record",
                    is_common="left_record.birth_date_count > 1",
                )
            }} as birth_date_level,
            {{ gender_level("left_record", "right_record") }} as gender_level,
            {{ case_true(birth_dates_contradict("left_record", "right_record")) }}
            as has_other_birth_date,
            {{ case_true(national_ids_contradict("left_record", "right_record")) }}
            as has_other_national_id,
            {{
                given_name_level_of_records(
                    "'spelled'", "left_record", "right_record"
                )
            }} as plain_given_name_level,
            {{
                family_name_level_of_records(
                    "'spelled'", "left_record", "right_record"
                )
            }} as plain_family_name_level,
            {{ case_true(given_is_elsewhere("left_record", "right_record")) }}
            as given_is_elsewhere,
            {{ case_true(family_part_is_shared("left_record", "right_record")) }}
            as family_part_is_shared,
            {{ case_true(names_may_be_swapped("left_record", "right_record")) }}
            as may_be_swapped,
            left_record.given as left_given,
            right_record.given as right_given,
            left_record.family as left_family,
            right_record.family as right_family,
            left_record.email_local_part,
            left_record.email_local_key,
            left_record.family_key as left_family_key,
            right_record.family_key as right_family_key
        from candidate_pairs
        inner join
            described as left_record
            on left_record.record_key = candidate_pairs.left_record_key
        inner join
            described as right_record
            on right_record.record_key = candidate_pairs.right_record_key
    ),

    -- With nothing beside the names there is no link.
    telling as (
        select compared.*
        from compared
        cross join weights
        {% if least_weight is not none %}
            where
                compared.plain_email_level = 'local_part'
                {% for comparison in evidence %}
                    or {{
                        level_weight(
                            comparison,
                            "weights",
                            "plain_email_level" if comparison.name == "email",
                        )
                    }} > 0
                {% endfor %}
        {% endif %}
    ),

    -- What an address says of a name is found once for each address.
    sounding as (
        select distinct email_local_part
        from telling
        where plain_email_level = 'local_part'
    ),

    local_part_sounds as (
        select email_local_part, {{ email_local_sound("email_local_part") }} as sound
        from sounding
    ),

    given_names as ({{ known_given_names() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    -- Two spellings are compared once, however many pairs have them.
    given_spellings as (
        select distinct left_given, right_given
        from telling
        where plain_given_name_level = 'spelled'
    ),

    given_levels as (
        select
            given_spellings.left_given,
            given_spellings.right_given,
            {{ spelled_given_level("left_name", "right_name") }} as spelled
        from given_spellings
        inner join
            given_names as left_name on left_name.given = given_spellings.left_given
        inner join
            given_names as right_name on right_name.given = given_spellings.right_given
    ),

    family_spellings as (
        select distinct left_family, right_family
        from telling
        where plain_family_name_level = 'spelled'
    ),

    family_levels as (
        select
            family_spellings.left_family,
            family_spellings.right_family,
            {{ spelled_family_level("left_name", "right_name") }} as spelled
        from family_spellings
        inner join
            family_names as left_name on left_name.family = family_spellings.left_family
        inner join
            family_names as right_name
            on right_name.family = family_spellings.right_family
    ),

    swapped_names as (
        select telling.left_record_key, telling.right_record_key
        from telling
        inner join
            described as left_record on left_record.record_key = telling.left_record_key
        inner join
            described as right_record
            on right_record.record_key = telling.right_record_key
        inner join
            (select given, given_forms from given_names) as left_forms
            on left_forms.given = telling.left_given
        inner join
            (select given, given_forms from given_names) as right_forms
            on right_forms.given = telling.right_given
        where
            telling.may_be_swapped
            and {{
                names_are_swapped(
                    "left_record", "right_record", "left_forms", "right_forms"
                )
            }}
    ),

    named as (
        select
            telling.*,
            swapped_names.left_record_key is not null as is_swapped,
            case
                when telling.plain_email_level = 'local_part'
                then
                    {{
                        same_local_part_level(
                            "telling.left_family_key",
                            "telling.right_family_key",
                            "telling.email_local_key",
                            "local_part_sounds.sound",
                        )
                    }}
                else telling.plain_email_level
            end as email_level,
            case
                when telling.plain_given_name_level <> 'spelled'
                then telling.plain_given_name_level
                when given_levels.spelled = 'different' and telling.given_is_elsewhere
                then 'similar'
                else given_levels.spelled
            end as straight_given_name_level,
            case
                when telling.plain_family_name_level <> 'spelled'
                then telling.plain_family_name_level
                when
                    family_levels.spelled in ('similar', 'different')
                    and telling.family_part_is_shared
                then 'part'
                else family_levels.spelled
            end as straight_family_name_level
        from telling
        left join
            local_part_sounds
            on local_part_sounds.email_local_part = telling.email_local_part
        left join
            given_levels
            on given_levels.left_given = telling.left_given
            and given_levels.right_given = telling.right_given
        left join
            family_levels
            on family_levels.left_family = telling.left_family
            and family_levels.right_family = telling.right_family
        left join
            swapped_names
            on swapped_names.left_record_key = telling.left_record_key
            and swapped_names.right_record_key = telling.right_record_key
    ),

    levelled as (
        select
            named.*,
            case
                when is_swapped
                then 'same'
                when
                    gender_level = 'different'
                    and straight_given_name_level in (
                        {% for level in levels_of_a_man_and_a_woman() %}
                            '{{ level }}'{{ "," if not loop.last }}
                        {% endfor %}
                    )
                then 'different'
                else straight_given_name_level
            end as given_name_level,
            case
                when is_swapped then 'same' else straight_family_name_level
            end as family_name_level,
            case when is_swapped then 'swapped' else 'straight' end as name_order_level,
            is_swapped
            or straight_given_name_level
            in ('same', 'nickname', 'other_script') as is_same_given_name,
            -- Where ids are known to be often wrong, two of them are not two people's.
            has_other_national_id
            and weights.national_id__different
            <= {{ contradiction_weight() }} as has_id_of_another,
            has_other_birth_date
            and national_id_level
            not in ('same', 'same_shared', 'similar') as has_birth_date_of_another
        from named
        cross join weights
    ),

    -- Two people of one family may bear one name, and twins names alike.
    judged as (
        select
            *,
            (
                has_id_of_another
                and (
                    birth_date_level not in ('same', 'same_birthday', 'similar')
                    or (
                        not is_same_given_name
                        and (
                            email_level in ('same', 'same_shared')
                            or phone_level in ('same', 'same_shared')
                        )
                    )
                )
            )
            or has_birth_date_of_another
            or (
                given_name_level = 'different'
                and (
                    gender_level = 'different'
                    -- Of M. and Sarah the telephone is not one's own, though by its
                    -- use it may be: an initial is nobody's name there.
                    or length(left_given) = 1
                    or length(right_given) = 1
                )
            ) as is_told_apart
        from levelled
    ),

    weighed as (
        select
            judged.*,
            weights.prior as prior_weight,
            {% for comparison in identity_comparisons() %}
                {{ level_weight(comparison, "weights") }}
                as {{ comparison.name }}_weight,
            {% endfor %}
            -- A whole name is as telling as it is rare among the others, whatever its
            -- parts are.
            case
                when
                    is_same_given_name
                    and family_name_level in ('same', 'other_script', 'same_sound')
                then
                    {{
                        match_weight(
                            "weights.full_name_m",
                            frequency_of(
                                "greatest(name_key_count - 1, 0)",
                                "all_count",
                                "weights.full_name_u",
                            )
                            ~ " * greatest(all_count, 100000) / 100000.0",
                        )
                    }} - weights.given_name__same - weights.family_name__same
                else 0
            end as name_frequency_weight,
            -- Of two names, and two ids or birth dates, it is a household though the
            -- data have hardly one.
            case
                when
                    not is_same_given_name
                    and (has_id_of_another or has_birth_date_of_another)
                then 100
                else - weights.household
            end as most_household_weight
        from judged
        cross join weights
    ),

    with_evidence as (
        select
            *,
            greatest(
                {% for comparison in evidence %}
                    {{ comparison.name }}_weight{{ "," if not loop.last }}
                {% endfor %}
            )
            > 0 as has_evidence_beyond_names
        from weighed
    ),

    -- Where two comparisons are not independent, the second one adds nothing: the
    -- members of a household have family name, address, telephone and mailbox in
    -- common, colleagues their company and its city.
    shared as (
        select
            *,
            greatest(family_name_weight, 0) as family_share,
            greatest(address_weight, 0) as address_share,
            case
                when phone_level = 'same_shared'
                then phone_weight
                -- That no other name uses it says nothing where the name is the same.
                when is_told_apart and phone_level = 'same'
                then phone_weight
                else 0
            end as phone_share,
            case
                when
                    email_level in (
                        'same_shared',
                        'similar',
                        'same_local_part',
                        'same_name_and_number'
                    )
                then email_weight
                when is_told_apart and email_level = 'same'
                then email_weight
                else 0
            end as email_share,
            -- Twins have one birth date, and siblings at one address are often enough
            -- twins.
            case
                when
                    is_told_apart
                    or (
                        given_name_level = 'different'
                        and (
                            address_level in ('same_street', 'similar_street')
                            or phone_level = 'same_shared'
                        )
                    )
                then
                    least(
                        greatest(
                            birth_date_weight - {{ twins_birth_date_weight() }}, 0
                        ),
                        most_household_weight
                    )
                else 0
            end as birth_date_share,
            case
                when given_name_level = 'organisation'
                then greatest(company_weight, 0)
                -- A mailbox at a company's domain says which company.
                when
                    company_level = 'same'
                    and email_level
                    in ('same', 'same_shared', 'same_role', 'same_common')
                then greatest(company_weight, 0)
                when
                    company_level = 'same'
                    and address_level
                    in ('same_city', 'same_postcode', 'similar_street', 'same_street')
                then least(greatest(address_weight, 0), greatest(company_weight, 0))
                else 0
            end as workplace_weight,
            -- A name that is rare elsewhere may be common in a city.
            case
                -- A name at two ids or birth dates was handed down; one like it says
                -- nothing.
                when is_told_apart
                then
                    least(
                        greatest(given_name_weight, 0),
                        case
                            when is_same_given_name
                            then {{ handed_down_name_weight() }}
                            else 100
                        end
                    )
                when name_frequency_weight <> 0 and address_level = 'same_city'
                then least(greatest(address_weight, 0), {{ namesakes_city_weight() }})
                -- Where birth dates differ, a name at an address was handed down.
                when
                    given_name_level = 'same'
                    and birth_date_level = 'different'
                    and address_level in ('same_street', 'similar_street')
                then least(greatest(address_weight, 0), {{ handed_down_name_weight() }})
                else 0
            end as namesakes_weight
        from with_evidence
    ),

    adjusted as (
        select
            *,
            case
                when is_same_given_name and not is_told_apart
                then 0
                else
                    {% for share in ["family", "address", "phone", "email"] %}
                        least(
                            {{ share }}_share, most_household_weight
                        ) {{ "+" if not loop.last }}
                    {% endfor %} - least(
                        greatest(
                            family_share, address_share, phone_share, email_share, 0
                        ),
                        most_household_weight
                    )
            end as household_weight
        from shared
    ),

    summed as (
        select
            *,
            0.0
            - household_weight
            - birth_date_share
            - namesakes_weight
            - case
                when household_weight = 0 or given_name_level = 'organisation'
                then workplace_weight
                -- A family has its firm in common as well.
                when given_name_level = 'different' or is_told_apart
                then greatest(company_weight, 0)
                else 0
            end as dependence_weight
        from adjusted
    ),

    final as (
        select
            left_record_key,
            right_record_key,
            {% for name in comparison_names() %} {{ name }}_level, {% endfor %}
            has_evidence_beyond_names,
            prior_weight,
            {% for name in comparison_names() %} {{ name }}_weight, {% endfor %}
            name_frequency_weight,
            dependence_weight,
            prior_weight
            {% for name in comparison_names() %} + {{ name }}_weight {% endfor %}
            + name_frequency_weight
            + dependence_weight as match_weight
        from summed
    )

select *
from final
{% if least_weight is not none %}
    where has_evidence_beyond_names and match_weight >= {{ least_weight }}
{% endif %}
