{#- Stands for the text of the project's models, macros and seeds; empty where it can't be read. -#}
{% macro project_digest() %}
    {{ return(adapter.dispatch("project_digest")()) }}
{% endmacro %}

{% macro duckdb__project_digest() %}
    {% set patterns = [] %}
    {% for pattern in [
        "macros/**/*.sql",
        "models/identity/*.sql",
        "models/marts/customers/*.sql",
        "models/staging/files/stg_files__people.sql",
        "models/staging/kesher/stg_kesher__customer_id*.sql",
        "models/marts/sales/account_members.sql",
        "seeds/identity/*.csv",
        "dbt_project.yml",
    ] %}
        {% do patterns.append(
            string_constant(
                duckdb_literal_path(invocation_args_dict.project_dir | string)
                ~ "/"
                ~ pattern
            )
        ) %}
    {% endfor %}
    {% set lookup %}
        select md5(string_agg(content, '' order by filename))
        from read_text([{{ patterns | join(", ") }}])
    {% endset %}
    {{ return(run_query(lookup).columns[0].values()[0]) }}
{% endmacro %}
