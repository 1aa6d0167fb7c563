{#-
  A street and house number as they are compared: plain text without the words that mean
  street, road or avenue (they come and go: `רח' הרצל 12`, `Herzl St. 12`, `12 Herzl`).
-#}
{% macro plain_street(text) -%}
    {{
        regex_replaced(
            "concat(' ', "
            ~ regex_replaced(plain_text(text), "strasse( |$)", "str ")
            ~ ", ' ')",
            " (רח|רחוב|שד|שדרות|שדרה|דרך|סמטת|סמ|ככר|כיכר|street|str|st|strasse|road|rd|avenue|ave|av|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|way|close|square|sq|sderot|rehov|rechov|derech) ",
            " ",
        )
    }}
{%- endmacro %}
