{#-
  A match weight: how many times likelier it is to see this between two records of one customer (m)
  than between records of two (u), as a power of two. Null, that is no such level, weighs 0.
-#}
{% macro match_weight(m, u) -%} coalesce(log2({{ m }} / ({{ u }})), 0) {%- endmacro %}

{#-
  u of a value by how common it is: `count` of `total` records have it. A small data set says little
  about what is common, so the weights table's u counts like 20,000 records that were
  seen before.
-#}
{% macro frequency_of(count, total, u) -%}
    ((20000 * {{ u }} + {{ count }}) / (20000.0 + {{ total }}))
{%- endmacro %}

{#- The probability that two records are one customer, by the sum of their match weights. -#}
{% macro match_probability(weight) -%}
    (1 - 1 / (1 + power(2.0, least(greatest({{ weight }}, -60.0), 60.0))))
{%- endmacro %}

{#- The weight of a link that a steward made: more than any evidence. -#}
{% macro steward_weight() -%} cast(100 as double) {%- endmacro %}

{#-
  The weight of a comparison's level, out of `weights`, the one row that `weights_in_a_row` makes. A
  level of which the value's frequency counts is weighed by it. `level` is the column of the
  level if it is not named after the comparison.
-#}
{% macro level_weight(comparison, weights, level=none) -%}
    case
        {{ level or comparison.name ~ "_level" }}
        {% for level in comparison.levels %}
            when '{{ level }}' then {{ weights }}.{{ comparison.name }}__{{ level }}
        {% endfor %}
        {% for level, column in comparison.get("frequency", {}).items() %}
            when '{{ level }}'
            then
                {{
                    match_weight(
                        weights ~ "." ~ comparison.name ~ "__" ~ level ~ "_m",
                        frequency_of(
                            column ~ "_count",
                            "all_count",
                            weights ~ "." ~ comparison.name ~ "__" ~ level ~ "_u",
                        ),
                    )
                }}
        {% endfor %}
        {% for level, column in comparison.get("common", {}).items() %}
            when '{{ level }}'
            then
                least(
                    {{ weights }}.{{ comparison.name }}__same,
                    {{
                        match_weight(
                            weights ~ "." ~ comparison.name ~ "__" ~ level ~ "_m",
                            "1.0 * " ~ column ~ "_count / all_count",
                        )
                    }}
                )
        {% endfor %}
        else 0
    end
{%- endmacro %}

{#- One row with the weight of each level as a column, and m and u of those that go by frequency. -#}
{% macro weights_in_a_row(relation) %}
    select
        {% for comparison in identity_comparisons() %}
            {% for level in comparison.levels %}
                coalesce(
                    max(
                        case
                            when
                                comparison = '{{ comparison.name }}'
                                and level = '{{ level }}'
                            then {{ match_weight("m", "u") }}
                        end
                    ),
                    0.0
                ) as {{ comparison.name }}__{{ level }},
            {% endfor %}
            {% for level in (comparison.get("frequency", {}) | list) + (
                comparison.get("common", {}) | list
            ) %}
                {% for share in ["m", "u"] %}
                    max(
                        case
                            when
                                comparison = '{{ comparison.name }}'
                                and level = '{{ level }}'
                            then {{ share }}
                        end
                    ) as {{ comparison.name }}__{{ level }}_{{ share }},
                {% endfor %}
            {% endfor %}
        {% endfor %}
        -- Where the weights say nothing of households, what they share counts once.
        coalesce(
            max(
                case when comparison = 'household' then {{ match_weight("m", "u") }} end
            ),
            -100
        ) as household,
        max(case when comparison = 'full_name' then m end) as full_name_m,
        max(case when comparison = 'full_name' then u end) as full_name_u,
        max(
            case when comparison = 'prior' then {{ match_weight("m", "u") }} end
        ) as prior
    from {{ relation }}
{% endmacro %}

{#-
  What the same birth date of two people of one household is worth at most: 1.5 in 100 siblings are
  twins, and log2(0.95 / 0.015) is 6.
-#}
{% macro twins_birth_date_weight() -%} 6 {%- endmacro %}

{#-
  How much less it says that two of one name are in one city than the shares of the name and of the
  city tell: families stay together, and so do those who name their children alike.
-#}
{% macro namesakes_city_weight() -%} 2 {%- endmacro %}

{#-
  How much less an address says of two of one name whose birth dates differ: two of one name at one
  address are not there by chance if they are two, but father and son.
-#}
{% macro handed_down_name_weight() -%} 4 {%- endmacro %}

{#-
  The share of true pairs in a file of `record_count` records, where `share` is that of 2^17 of them:
  who is in half as many records has half as many strangers to be taken for. Below 2^15 it grows no
  more, for of few records nobody knows how common a name is.
-#}
{% macro prior_of_size(share, record_count) -%}
    {{ share }} * greatest(1, power(2, 17 - greatest(15, log2({{ record_count }}))))
{%- endmacro %}
