{#- A gender as `female` or `male`, out of what systems write in English, Hebrew and German; else null. -#}
{% macro plain_gender(text) -%}
    case
        when
            {{ plain_text(text) }}
            in ('f', 'female', 'woman', 'w', 'weiblich', 'frau', 'נ', 'נקבה', 'אישה')
        then 'female'
        when
            {{ plain_text(text) }}
            in ('m', 'male', 'man', 'mannlich', 'mann', 'herr', 'ז', 'זכר', 'גבר')
        then 'male'
    end
{%- endmacro %}
