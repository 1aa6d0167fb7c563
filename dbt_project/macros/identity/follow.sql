{#-
  How a build of the identity models follows the one before it.

  int_identity__changed_records starts a build. It finds the records that are new, changed or gone
  since the last build and notes whether the models go on from what they hold (`follows`), or
  start from nothing: the first time, at a full refresh, when a model, a macro, a seed or a weight
  is not what it was, when the number of records has doubled, and after a build that did not come
  to its end. int_identity__finished_build ends a build.

  A model that follows (materialization `followed`) has two ways to say which rows it makes: all
  of them, or those which this build must make anew. Its setting `outdated` is the condition of
  the rows that the latter replace. Both ways give the same table.
-#}
{% macro identity_follows() %}
    {{ return(identity_build_note().follows) }}
{% endmacro %}

{#- What int_identity__changed_records noted about this build. -#}
{% macro identity_build_note() %}
    {% set unknown = {"follows": false, "definition": none} %}
    {% if not execute or model.resource_type == "unit_test" %}
        {{ return(unknown) }}
    {% endif %}
    {% set note = table_note(identity_table("int_identity__changed_records")) %}
    {{ return(fromjson(note) if note else unknown) }}
{% endmacro %}

{#- A table of the identity schema as it is now, whether or not it was built in this run. -#}
{% macro identity_table(name) %}
    {{ return(this.incorporate(path={"identifier": name}, type="table")) }}
{% endmacro %}

{#- The rows that a followed model had before this build and has no more. -#}
{% macro outdated_rows(relation) %}
    {{
        return(
            relation.incorporate(
                path={"identifier": relation.identifier ~ "__outdated"}
            )
        )
    }}
{% endmacro %}

{#-
  The condition that leaves the rows which this build makes anew: those whose key is in `keys`, a
  relation with record_key; all of them in a build that starts from nothing.
-#}
{% macro only_in(keys, column="record_key") -%}
    {%- if identity_follows() -%} {{ column }} in (select record_key from {{ keys }})
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{#- Whether the build that starts now can go on from the last one. -#}
{% macro identity_can_follow() %}
    {% if not execute or model.resource_type == "unit_test" or should_full_refresh() %}
        {{ return(false) }}
    {% endif %}
    {% set finished = load_cached_relation(
        identity_table("int_identity__finished_build")
    ) %}
    {% if finished is none %} {{ return(false) }} {% endif %}
    {% for node in graph.nodes.values() if node.config.materialized == "followed" %}
        {% if load_cached_relation(identity_table(node.alias)) is none %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {% set last = run_query("select definition from " ~ finished).columns[0].values() %}
    {{ return(last | length == 1 and last[0] == identity_definition()) }}
{% endmacro %}

{#-
  Stands for all that makes the result besides the records: the code, the seeds, the variables, the
  weights, and the order of magnitude of the number of records.
-#}
{% macro identity_definition() %}
    {% set weights %}
        select {{ distinct_texts_joined("concat_ws(' ', comparison, level, m, u, uses_frequency)", "|") }}
        from {{ ref("int_identity__weights") }}
    {% endset %}
    {% set count %}
        select record_count from {{ ref("int_identity__record_count") }}
    {% endset %}
    {{
        return(
            local_md5(
                [
                    project_digest(),
                    tojson(invocation_args_dict.get("vars") or {}),
                    run_query(weights).columns[0].values()[0],
                    run_query(count).columns[0].values()[0],
                ]
                | join("/")
            )
        )
    }}
{% endmacro %}

{#- A count brought down to a power of two: how common a value is matters by orders only. -#}
{% macro order_of_magnitude(count) -%}
    power(2, floor(log2({{ count }})))
{%- endmacro %}
