{#-
  An amount of minor units in major units, exact to the last digit. `exponent` is the currency's
  in the seed `currencies`; null, for a currency that is not in it, means two decimals.
-#}
{% macro major_units(amount, exponent) %}
    try_cast(
        cast({{ amount }} as decimal(19, 0)) * case
            coalesce({{ exponent }}, 2)
            when 0
            then cast(1 as decimal(4, 3))
            when 3
            then cast(0.001 as decimal(4, 3))
            else cast(0.01 as decimal(4, 3))
        end as decimal(19, 4)
    )
{% endmacro %}
