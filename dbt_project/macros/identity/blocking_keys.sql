{#-
  The blocking keys: two records are compared when they agree on all parts of at least one key.

  Each entry is a key's name, the columns of int_identity__records which are its parts (or the
  `kind` of int_identity__record_identifiers whose values it is), and the column by which a block
  with too many records is cut into smaller ones. A part that is empty in a record means no key.
    cap: how many are too many; where it is not said, the variable `identity_block_cap`. It is low
      where agreement says little: people of one name, or of one family in one city.
    like: the key whose blocks it shares.

  At an address people of other given names are the household, not the customer: whatever else could
  make two of them one (e-mail, phone, birth date ...) is a key of its own. Therefore an address
  takes a given name, or at least how it begins, with it.
-#}
{% macro blocking_keys() %}
    {% set keys = [
        {"name": "email", "kind": "email", "refine": "name_key"},
        {"name": "phone", "kind": "phone", "refine": "name_key"},
        {"name": "national_id", "kind": "national_id", "refine": "name_key"},
        {"name": "external_id", "kind": "external_id", "refine": "name_key"},
        {
            "name": "name",
            "parts": ["name_key"],
            "refine": "city_key",
            "cap": 4,
        },
        {
            "name": "family_initial_postcode",
            "parts": ["family_key", "given_initial_key", "postcode"],
            "refine": "given_key",
        },
        {
            "name": "family_initial_city",
            "parts": ["family_key", "given_initial_key", "city_key"],
            "refine": "given_key",
            "cap": 3,
        },
        {
            "name": "given_postcode",
            "parts": ["given_key", "postcode"],
            "refine": "street_key",
        },
        {
            "name": "given_street_city",
            "parts": ["given_key", "street_key", "city_key"],
            "refine": "family_key",
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
            "like": "company_given",
            "parts": ["company_label", "given_key"],
            "refine": "family_key",
        },
        {
            "name": "domain_family",
            "like": "company_family",
            "parts": ["company_label", "family_key"],
            "refine": "given_key",
        },
        {
            "name": "local_part",
            "parts": ["email_local_key"],
            "refine": "name_key",
        },
        {
            "name": "birth_date_postcode",
            "parts": ["birth_date", "postcode"],
            "refine": "family_key",
        },
        {
            "name": "birth_date_family",
            "parts": ["birth_date", "family_key"],
            "refine": "city_key",
        },
        {
            "name": "family_initial_street",
            "parts": ["family_key", "given_initial_key", "street_key"],
            "refine": "city_key",
        },
        {
            "name": "birth_date_city",
            "parts": ["birth_date", "city_key"],
            "refine": "family_key",
        },
        {
            "name": "initial_street_city",
            "parts": ["given_initial_key", "street_key", "city_key"],
            "refine": "family_key",
        },
        {
            "name": "birth_date",
            "parts": ["birth_date", "given_initial_key"],
            "refine": "family_key",
        },
    ] %}
    {#- What the user compares besides brings records together as well, if it is rare. -#}
    {% for column in identity_also_columns() %}
        {% do keys.append({"name": column, "parts": [column], "refine": "name_key"}) %}
    {% endfor %}
    {{ return(keys) }}
{% endmacro %}
