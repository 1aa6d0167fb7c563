{#-
  The blocking keys: two records are compared when they agree on all parts of at least one key.

  Each entry is a key's name, the columns of int_identity__records which are its parts, and the
  column by which a block with more than `identity_block_cap` records is cut into smaller ones. A part
  that is empty in a record means no key. `emails` and `phones` are lists: one key a value.
-#}
{% macro blocking_keys() %}
    {{
        return(
            [
                {"name": "email", "list": "emails", "refine": "name_key"},
                {"name": "phone", "list": "phones", "refine": "name_key"},
                {"name": "name", "parts": ["name_key"], "refine": "city_key"},
                {
                    "name": "family_initial_postcode",
                    "parts": ["family_key", "given_initial_key", "postcode"],
                    "refine": "given_key",
                },
                {
                    "name": "family_initial_city",
                    "parts": ["family_key", "given_initial_key", "city_key"],
                    "refine": "given_key",
                },
                {
                    "name": "given_postcode",
                    "parts": ["given_key", "postcode"],
                    "refine": "street_key",
                },
                {
                    "name": "given_street",
                    "parts": ["given_key", "street_key"],
                    "refine": "city_key",
                },
                {
                    "name": "company_given",
                    "parts": ["company_key", "given_key"],
                    "refine": "family_key",
                },
                {
                    "name": "company_family",
                    "parts": ["company_key", "family_key"],
                    "refine": "given_key",
                },
                {
                    "name": "domain_given",
                    "parts": ["company_domain", "given_key"],
                    "refine": "family_key",
                },
                {
                    "name": "domain_family",
                    "parts": ["company_domain", "family_key"],
                    "refine": "given_key",
                },
                {
                    "name": "local_part",
                    "parts": ["email_local_key"],
                    "refine": "name_key",
                },
                {
                    "name": "birth_date",
                    "parts": ["birth_date", "given_initial_key"],
                    "refine": "family_key",
                },
            ]
        )
    }}
{% endmacro %}
