{#- The first e-mail address inside a text, in lower case; null if there is none. -#}
{% macro email_address(text) -%}
    case
        -- Most are an address and nothing else; to see that is quicker than to search
        -- for one.
        when
            {{
                regex_matches(
                    text, "^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$"
                )
            }} and length({{ text }}) <= 320
        then lower({{ text }})
        else
            rtrim(
                {{
                    regex_found(
                        regex_replaced(
                            "lower(left(" ~ text ~ ", 320))",
                            "[" ~ invisible_marks() ~ "]+",
                            "",
                        ),
                        '[^\\s\\x{00a0}@<>()\\[\\],;:"\\\\]+@[^\\s\\x{00a0}@<>()\\[\\],;:"\\\\]+\\.[^\\s\\x{00a0}@<>()\\[\\],;:"\\\\.]+',
                    )
                }},
                '.'
            )
    end
{%- endmacro %}

{% macro email_local_part(address) -%} split_part({{ address }}, '@', 1) {%- endmacro %}

{% macro email_domain(address) -%} split_part({{ address }}, '@', 2) {%- endmacro %}

{#-
  The mailbox to which an address leads: without a plus-tag, without dots where the provider
  ignores them, at the provider's one domain. `canonical_domain` and `ignores_dots` come from
  the seed identity_mail_providers and are null for other domains.
-#}
{% macro email_mailbox(address, canonical_domain, ignores_dots) -%}
    concat(
        case
            when {{ ignores_dots }}
            then replace({{ email_untagged_local_part(address) }}, '.', '')
            else {{ email_untagged_local_part(address) }}
        end,
        '@',
        coalesce({{ canonical_domain }}, {{ email_domain(address) }})
    )
{%- endmacro %}

{% macro email_untagged_local_part(address) -%}
    coalesce(
        nullif(split_part({{ email_local_part(address) }}, '+', 1), ''),
        {{ email_local_part(address) }}
    )
{%- endmacro %}

{#- What the part before the @ sounds like. -#}
{% macro email_local_sound(local_part) -%}
    {{ cross_script_key(regex_replaced(local_part, "[^a-zא-ת]", "")) }}
{%- endmacro %}
