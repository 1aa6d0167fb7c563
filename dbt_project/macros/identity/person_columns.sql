{#- What a record of a person tells, in the order of the tables that hold it. -#}
{% macro person_columns() %}
    {{
        return(
            [
                "source",
                "record_id",
                "full_name",
                "given_name",
                "family_name",
                "email",
                "other_emails",
                "phone",
                "other_phone",
                "street",
                "city",
                "region",
                "postcode",
                "country",
                "company",
                "job_title",
                "birth_date",
                "national_id",
                "external_ids",
                "gender",
                "language",
                "first_seen_at",
                "updated_at",
            ]
            + identity_also_columns()
        )
    }}
{% endmacro %}
