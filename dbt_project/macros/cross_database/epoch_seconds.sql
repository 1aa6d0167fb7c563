{#- A moment as seconds since 1970, a double. -#}
{% macro epoch_seconds(moment) %}
    {{ return(adapter.dispatch("epoch_seconds")(moment)) }}
{% endmacro %}

{% macro duckdb__epoch_seconds(moment) %} epoch({{ moment }}) {% endmacro %}
