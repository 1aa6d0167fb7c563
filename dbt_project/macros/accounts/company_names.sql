{#-
  A query that brings companies' names to what is compared: without legal form (Ltd, GmbH, בע"מ), signs and
  blanks. `relation` has the column name; the result has it again, with name_key, which is null if
  nothing is left. `name_words` is the seed identity_name_words. A form of several words (`S.p.A.`, `Sp. z
  o.o.`, `L L C`) is one where it ends the name.
-#}
{% macro company_name_keys(relation, name_words) %}
    with
        legal_forms as (
            select {{ distinct_values("word") }} as words
            from {{ name_words }}
            where role = 'legal_form'
        ),

        spaced_forms as (
            select concat(' ', word) as form
            from {{ name_words }}
            where role = 'legal_form' and word like '% %'
        ),

        plain_names as (
            select name, {{ plain_text("name") }} as plain_name from {{ relation }}
        ),

        -- Only a form ends with a letter or two by themselves, as a rule.
        ends as (
            select plain_names.name, max(length(spaced_forms.form)) as letters
            from plain_names
            inner join
                spaced_forms
                on spaced_forms.form
                = right(plain_names.plain_name, length(spaced_forms.form))
            where
                plain_names.plain_name like '% _' or plain_names.plain_name like '% __'
            group by plain_names.name
        ),

        formless as (
            select
                plain_names.name,
                case
                    when ends.name is null
                    then plain_names.plain_name
                    else
                        left(
                            plain_names.plain_name,
                            length(plain_names.plain_name) - ends.letters
                        )
                end as plain_name
            from plain_names
            left join ends on ends.name = plain_names.name
        )

    select
        formless.name,
        nullif(
            {{
                list_joined(
                    list_without(
                        words_of("formless.plain_name"), "legal_forms.words"
                    ),
                    "",
                )
            }},
            ''
        ) as name_key
    from formless
    cross join legal_forms
{% endmacro %}

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
