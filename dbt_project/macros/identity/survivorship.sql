{#-
  The attributes that records compete for, and the group of rules that each follows unless the
  seeds name the attribute itself. The parts of an address win or lose together, as `address`.
-#}
{% macro survivorship_attributes() %}
    {{
        return(
            {
                "display_name": "name",
                "given_name": "name",
                "family_name": "name",
                "email": "email",
                "phone": "phone",
                "address": "address",
                "company": "company",
                "job_title": "company",
                "birth_date": "personal",
                "gender": "personal",
                "language": "language",
            }
        )
    }}
{% endmacro %}

{#- How many criteria a rule may have, one after the other. -#}
{% macro survivorship_places() %} {{ return(range(1, 7)) }} {% endmacro %}

{#-
  What a value has to show for itself by a criterion, as a number of which the greater one wins.
  `said` has a value, how full its record is, in which place of it, by which source, when …
-#}
{% macro survivorship_score(criterion, said, priority, counted) -%}
    coalesce(
        case
            {{ criterion }}
            when 'source'
            then -{{ priority }}
            when 'newest'
            then {{ epoch_seconds(said ~ ".updated_at") }}
            when 'fullest'
            then {{ said }}.fullness
            when 'valid'
            then {{ said }}.validity
            when 'own'
            then {{ said }}.is_own
            when 'verified'
            then {{ said }}.verification
            when 'main'
            then - {{ said }}.place
            when 'records'
            then {{ counted }}.record_count
            when 'sources'
            then {{ counted }}.source_count
            when 'longest'
            then {{ said }}.value_length
            when 'oldest'
            then -{{ epoch_seconds(said ~ ".updated_at") }}
        end,
        0
    )
{%- endmacro %}
