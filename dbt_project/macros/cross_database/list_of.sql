{#- A list of constant texts. -#}
{% macro list_of(values) %}
    {{ return(adapter.dispatch("list_of")(values)) }}
{% endmacro %}

{% macro duckdb__list_of(values) %}
    [
        {% for value in values %}
            {{ string_constant(value) }}{{ ", " if not loop.last }}
        {% endfor %}
    ]
{% endmacro %}
