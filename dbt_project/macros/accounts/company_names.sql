{#-
  A company's name as it is compared: without its legal form (Ltd, GmbH, בע"מ), signs and blanks. `legal_forms`
  is a list of those words.
-#}
{% macro company_name_key(name, legal_forms) -%}
    nullif(
        {{ list_joined(list_without(words_of(plain_text(name)), legal_forms), "") }}, ''
    )
{%- endmacro %}

{#- The domain in what is written as a web address or a domain: `https://www.acme.example/he` is `acme.example`. -#}
{% macro plain_domain(text) -%}
    {{
        regex_found(
            "lower(trim("
            ~ regex_replaced(text, "[\\x{00a0}" ~ invisible_marks() ~ "]+", "")
            ~ "))",
            "^(?:[a-z]+://)?(?:www\\.)?((?:[^\\s./:@?#]+\\.)+[^\\s./:@?#]{2,})(?:[./:?#].*)?$",
            1,
        )
    }}
{%- endmacro %}

{#- The domain of which another one is a part, null if it has no part to spare. -#}
{% macro domain_above(domain) -%}
    {{ regex_found(domain, "^[^.]+\\.(.+\\..+)$", 1) }}
{%- endmacro %}

{#-
  A company's registration number (or VAT number) out of the custom fields of a record, a JSON text: the
  value of the first field there which the variable `account_registration_fields` names, whatever its case.
  It comes as letters and digits, without the country's letters; null if it is too short to be one.
-#}
{% macro registration_number(json) -%}
    {%- set fields = var(
        "account_registration_fields",
        [
            "registration_number",
            "company_registration_number",
            "company_number",
            "business_number",
            "vat_number",
            "vat_id",
            "tax_id",
            "tax_number",
            "hp_number",
            "osek_number",
            "ח.פ",
            "ח.פ.",
            "חפ",
        ],
    ) -%}
    {%- set alternatives = [] -%}
    {%- for field in fields -%}
        {%- do alternatives.append(field | upper | replace(".", "[.]")) -%}
    {%- endfor -%}
    {{
        regex_found(
            regex_replaced(
                regex_found(
                    "upper(" ~ json ~ ")",
                    '"(?:' ~ alternatives
                    | join("|") ~ ')"\\s*:\\s*"?([^",}]{5,30})',
                    1,
                ),
                "[^0-9A-Z]",
                "",
            ),
            "^(?:[A-Z]{2})?([0-9A-Z]*[0-9]{4}[0-9A-Z]*)$",
            1,
        )
    }}
{%- endmacro %}
