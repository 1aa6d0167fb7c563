{{
    config(
        materialized="followed",
        outdated="left_record_key in (select record_key from {{ ref('int_identity__recompared_records') }}) or right_record_key in (select record_key from {{ ref('int_identity__recompared_records') }})",
    )
}}
{%- set also = identity_also_columns() -%}
{%- set names = ["given_name", "family_name", "name_order"] -%}
{#- Pairs with a smaller weight are no link and not worth a look; none: keep every pair. -#}
{%- set least_weight = var("identity_kept_weight", -6) -%}

-- depends_on: {{ ref("int_identity__recompared_records") }}
with
    candidate_pairs as (select * from {{ ref("int_identity__candidate_pairs") }}),

    records as (select * from {{ ref("int_identity__records") }}),

    frequencies as (select * from {{ ref("int_identity__record_frequencies") }}),

    weights as ({{ weights_in_a_row(ref("int_identity__weights")) }}),

    described as (
        select
            records.record_key,
            records.given,
            records.family_key,
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

    -- What stands beside the names first: with nothing of it there is no link.
    paired as (
        select
            left_record.record_key as left_record_key,
            right_record.record_key as right_record_key,
            left_record.all_count,
            least(
                left_record.name_key_count, right_record.name_key_count
            ) as name_key_count,
            left_record.postcode_count,
            left_record.city_key_count,
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
            {{ birth_date_level("left_record", "right_record") }} as birth_date_level
        from candidate_pairs
        inner join
            described as left_record
            on left_record.record_key = candidate_pairs.left_record_key
        inner join
            described as right_record
            on right_record.record_key = candidate_pairs.right_record_key
    ),

    -- What an address says of a name is found once for each address.
    local_parts as (
        select
            paired.left_record_key,
            paired.right_record_key,
            left_record.email_local_part,
            left_record.email_local_key,
            left_record.family_key as left_family_key,
            right_record.family_key as right_family_key
        from paired
        inner join
            described as left_record on left_record.record_key = paired.left_record_key
        inner join
            described as right_record
            on right_record.record_key = paired.right_record_key
        where paired.plain_email_level = 'local_part'
    ),

    sounding as (select distinct email_local_part from local_parts),

    local_part_sounds as (
        select email_local_part, {{ email_local_sound("email_local_part") }} as sound
        from sounding
    ),

    local_part_levels as (
        select
            local_parts.left_record_key,
            local_parts.right_record_key,
            {{
                same_local_part_level(
                    "local_parts.left_family_key",
                    "local_parts.right_family_key",
                    "local_parts.email_local_key",
                    "local_part_sounds.sound",
                )
            }} as email_level
        from local_parts
        inner join
            local_part_sounds
            on local_part_sounds.email_local_part = local_parts.email_local_part
    ),

    levelled_pairs as (
        select
            paired.*,
            coalesce(
                local_part_levels.email_level, paired.plain_email_level
            ) as email_level
        from paired
        left join
            local_part_levels
            on local_part_levels.left_record_key = paired.left_record_key
            and local_part_levels.right_record_key = paired.right_record_key
    ),

    weighed as (
        select
            paired.left_record_key,
            paired.right_record_key,
            paired.all_count,
            paired.name_key_count,
            {% for comparison in identity_comparisons() if comparison.name not in names %}
                paired.{{ comparison.name }}_level,
                {{ level_weight(comparison, "weights") }}
                as {{ comparison.name }}_weight,
            {% endfor %}
            weights.prior as prior_weight
        from levelled_pairs as paired
        cross join weights
    ),

    with_evidence as (
        select
            *,
            greatest(
                {% for comparison in identity_comparisons() if comparison.name not in names %}
                    {{ comparison.name }}_weight{{ "," if not loop.last }}
                {% endfor %}
            )
            > 0 as has_evidence_beyond_names
        from weighed
        {% if least_weight is not none %}
            where
                greatest(
                    {% for comparison in identity_comparisons() if comparison.name not in names %}
                        {{ comparison.name }}_weight{{ "," if not loop.last }}
                    {% endfor %}
                )
                > 0
        {% endif %}
    ),

    names as (
        select
            record_key,
            is_company,
            given,
            middle,
            family,
            family_parts,
            generation,
            given_own_key,
            given_is_hebrew,
            family_key,
            family_is_hebrew
        from records
    ),

    name_pairs as (
        select
            with_evidence.left_record_key,
            with_evidence.right_record_key,
            left_name.given as left_given,
            left_name.family as left_family,
            right_name.given as right_given,
            right_name.family as right_family,
            {{ given_name_level_of_records("'spelled'", "left_name", "right_name") }}
            as given_name_level,
            {{ family_name_level_of_records("'spelled'", "left_name", "right_name") }}
            as family_name_level,
            {{ case_true(given_is_elsewhere("left_name", "right_name")) }}
            as given_is_elsewhere,
            {{ case_true(family_part_is_shared("left_name", "right_name")) }}
            as family_part_is_shared,
            {{ case_true(names_may_be_swapped("left_name", "right_name")) }}
            as may_be_swapped
        from with_evidence
        inner join
            names as left_name on left_name.record_key = with_evidence.left_record_key
        inner join
            names as right_name
            on right_name.record_key = with_evidence.right_record_key
    ),

    given_names as ({{ known_given_names() }}),

    family_names as (select * from {{ ref("int_identity__family_names") }}),

    -- Two spellings are compared once, however many pairs have them.
    given_spellings as (
        select distinct left_given, right_given
        from name_pairs
        where given_name_level = 'spelled'
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
        from name_pairs
        where family_name_level = 'spelled'
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
        select name_pairs.left_record_key, name_pairs.right_record_key
        from name_pairs
        inner join
            names as left_record on left_record.record_key = name_pairs.left_record_key
        inner join
            names as right_record
            on right_record.record_key = name_pairs.right_record_key
        inner join
            (select given, given_forms from given_names) as left_forms
            on left_forms.given = name_pairs.left_given
        inner join
            (select given, given_forms from given_names) as right_forms
            on right_forms.given = name_pairs.right_given
        where
            name_pairs.may_be_swapped
            and {{
                names_are_swapped(
                    "left_record", "right_record", "left_forms", "right_forms"
                )
            }}
    ),

    named as (
        select
            with_evidence.*,
            swapped_names.left_record_key is not null as is_swapped,
            case
                when name_pairs.given_name_level <> 'spelled'
                then name_pairs.given_name_level
                when
                    given_levels.spelled = 'different' and name_pairs.given_is_elsewhere
                then 'similar'
                else given_levels.spelled
            end as straight_given_name_level,
            case
                when name_pairs.family_name_level <> 'spelled'
                then name_pairs.family_name_level
                when
                    family_levels.spelled in ('similar', 'different')
                    and name_pairs.family_part_is_shared
                then 'part'
                else family_levels.spelled
            end as straight_family_name_level
        from with_evidence
        inner join
            name_pairs
            on name_pairs.left_record_key = with_evidence.left_record_key
            and name_pairs.right_record_key = with_evidence.right_record_key
        left join
            given_levels
            on given_levels.left_given = name_pairs.left_given
            and given_levels.right_given = name_pairs.right_given
        left join
            family_levels
            on family_levels.left_family = name_pairs.left_family
            and family_levels.right_family = name_pairs.right_family
        left join
            swapped_names
            on swapped_names.left_record_key = with_evidence.left_record_key
            and swapped_names.right_record_key = with_evidence.right_record_key
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
        from named
    ),

    names_weighed as (
        select
            levelled.*,
            {% for comparison in identity_comparisons() if comparison.name in names %}
                {{ level_weight(comparison, "weights") }}
                as {{ comparison.name }}_weight,
            {% endfor %}
            -- A whole name is as telling as it is rare among the others, whatever its
            -- parts
            -- are.
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
            - weights.household as most_household_weight
        from levelled
        cross join weights
    ),

    -- Where two comparisons are not independent, the second one adds nothing: the
    -- members of
    -- a household have family name, address, telephone and mailbox in common,
    -- colleagues their
    -- company and its city.
    shared as (
        select
            *,
            greatest(family_name_weight, 0) as family_share,
            greatest(address_weight, 0) as address_share,
            case
                when phone_level = 'same_shared' then phone_weight else 0
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
                else 0
            end as email_share,
            -- Twins have one birth date, and siblings at one address are often enough
            -- twins.
            case
                when
                    given_name_level = 'different'
                    and (
                        address_level in ('same_street', 'similar_street')
                        or phone_level = 'same_shared'
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
            end as workplace_weight
        from names_weighed
    ),

    adjusted as (
        select
            *,
            case
                when is_same_given_name
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
            - case
                when household_weight > 0 and given_name_level <> 'organisation'
                then 0
                else workplace_weight
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
{% if least_weight is not none %} where match_weight >= {{ least_weight }} {% endif %}
