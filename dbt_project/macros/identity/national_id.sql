{#-
  A national id as it is compared: its letters and digits in upper case. An Israeli one, 5 to 9
  digits, gets the zeros before it that people leave out. Null for what is too short to be one, and
  for one digit repeated.
-#}
{% macro national_id(text) -%}
    {%- set signs = regex_replaced(
        "upper(left(" ~ text ~ ", 60))", "[^\\p{L}\\p{N}]", ""
    ) -%}
    case
        when
            length({{ signs }}) < 5
            or replace({{ signs }}, right({{ signs }}, 1), '') = ''
        then null
        when {{ regex_matches(signs, "^[0-9]{5,8}$") }}
        then lpad({{ signs }}, 9, '0')
        else {{ signs }}
    end
{%- endmacro %}

{#-
  Whether nine digits have the check digit of an Israeli id: every second digit counts twice, digits
  of the doubled ones are added up, and the sum is a multiple of ten. (python-stdnum's il.idnr says
  the same.)
-#}
{% macro has_israeli_check_digit(id) -%}
    (
        (
            {% for place in range(1, 10) %}
                {% set digit = (
                    "(position(substr("
                    ~ id
                    ~ ", "
                    ~ place
                    ~ ", 1) in '0123456789') - 1)"
                ) %}
                {% if place % 2 %}{{ digit }}
                {% else %}
                    ({{ digit }} * 2) - case when {{ digit }} > 4 then 9 else 0 end
                {% endif %} {{ "+" if not loop.last }}
            {% endfor %}
        )
        % 10
        = 0
    )
{%- endmacro %}
