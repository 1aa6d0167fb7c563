{#-
  Text turned into a typed value; null where it cannot be, which the caller counts.

  Types: text, json (text too), ids, bigint, double, decimal(19,4), boolean, date,
  timestamp (ISO 8601 with or without zone, or epoch milliseconds; in UTC),
  epoch_seconds (a timestamp in UTC).
-#}
{% macro typed_from_text(text, type) %}
    {{ return(adapter.dispatch("typed_from_text")(text, type)) }}
{% endmacro %}

{% macro duckdb__typed_from_text(text, type) %}
    {% if type == "text" %} nullif({{ text }}, '')
    {% elif type == "json" %}
        case when {{ text }} not in ('', 'null', '{}', '[]') then {{ text }} end
    {% elif type == "epoch_seconds" %}
        try(make_timestamp(try_cast({{ text }} as bigint) * 1000000))
    {% elif type == "timestamp" %}
        coalesce(
            try(make_timestamp(try_cast({{ text }} as bigint) * 1000)),
            cast(try_cast({{ text }} as timestamptz) at time zone 'UTC' as timestamp)
        )
    {% else %} try_cast({{ text }} as {{ type }})
    {% endif %}
{% endmacro %}
