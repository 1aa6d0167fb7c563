{#-
  What speaks for a pair, or against it, in words; null if nothing does.

  `pair` is a relation with `<comparison>_level` and `<comparison>_weight`; `<comparison>_words`
  must be joined to it, the row of the weights that says the level in words.
-#}
{% macro evidence_for(pair, comparisons) -%}
    nullif(
        concat_ws(
            '; ',
            {% for comparison in comparisons %}
                case
                    when
                        {{ pair }}.{{ comparison }}_weight > 0
                        or {{ pair }}.{{ comparison }}_level = 'swapped'
                    then {{ comparison }}_words.words
                end {{ "," if not loop.last }}
            {% endfor %}
        ),
        ''
    )
{%- endmacro %}

{% macro evidence_against(pair, comparisons) -%}
    nullif(
        concat_ws(
            '; ',
            {% for comparison in comparisons %}
                case
                    when {{ pair }}.{{ comparison }}_weight < 0
                    then {{ comparison }}_words.words
                end {{ "," if not loop.last }}
            {% endfor %}
        ),
        ''
    )
{%- endmacro %}

{#- How two records compare, as one text that changes only when a comparison comes out differently. -#}
{% macro evidence_key(pair, comparisons) -%}
    concat_ws(
        '; ',
        {% for comparison in comparisons %}
            case
                when {{ pair }}.{{ comparison }}_level not in ('missing', 'straight')
                then concat('{{ comparison }}: ', {{ pair }}.{{ comparison }}_level)
            end {{ "," if not loop.last }}
        {% endfor %}
    )
{%- endmacro %}
