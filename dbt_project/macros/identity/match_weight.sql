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
