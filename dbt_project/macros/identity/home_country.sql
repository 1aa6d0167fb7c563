{#-
  The country of what does not name one, as SQL text: whose telephone numbers those without a
  calling code are. kesher.yml says it as `home_country`, kesher match as --country.
-#}
{% macro home_country() %}
    {{ return(var("identity_home_country", "'IL'")) }}
{% endmacro %}
