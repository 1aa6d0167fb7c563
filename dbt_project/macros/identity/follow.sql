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

  The marts about customers follow too: int_identity__touched_customers says which customers are
  not what they were. Kesher keeps the statements of a build that follows and runs the next one by
  them, so what a model asks of the warehouse may depend on the project, on its variables and on
  whether the build follows, but on nothing else (staging, int_identity__changed_records and
  int_identity__ledger_marks aside).

  int_identity__finished_build comes after all models that follow, so that the
  next build goes on from the last one only if none of them was left out of it.
-#}
{% macro identity_follows() %}
    {{ return(identity_build_note().follows) }}
{% endmacro %}

{#-
  What is noted about this build with int_identity__changed_records: whether it follows, its
  definition (see identity_definition), and whether it came to its end. Outside of a build, when
  the last one is finished and a model is run by itself, nothing follows: its work lists are of
  the past.
-#}
{% macro identity_build_note() %}
    {% if not execute or model.resource_type == "unit_test" %}
        {{ return({"follows": false, "definition": none, "is_finished": false}) }}
    {% endif %}
    {#- A model asks several times; the answer stays with it. -#}
    {% if "identity_build_note" not in model %}
        {% set note = table_note(identity_table("int_identity__changed_records")) %}
        {% set note = fromjson(note or "{}") %}
        {% set is_finished = note.get("is_finished", false) %}
        {% do model.update(
            {
                "identity_build_note": {
                    "follows": note.get("follows", false) and not is_finished,
                    "definition": note.get("definition"),
                    "is_finished": is_finished,
                }
            }
        ) %}
    {% endif %}
    {{ return(model["identity_build_note"]) }}
{% endmacro %}

{% macro write_identity_build_note(follows, definition, is_finished=false) %}
    {{
        write_table_note(
            identity_table("int_identity__changed_records"),
            tojson(
                {
                    "follows": follows,
                    "definition": definition,
                    "is_finished": is_finished,
                }
            ),
        )
    }}
{% endmacro %}

{#- The build came to its end: the next one can go on from it. -#}
{% macro finish_build() %}
    {% if execute %}
        {% set note = identity_build_note() %}
        {{ write_identity_build_note(note.follows, note.definition, is_finished=true) }}
    {% endif %}
{% endmacro %}

{#-
  Makes the next build start from nothing, because a model that follows was run by itself: what it
  kept of the last build, for others to compare with, is lost.
-#}
{% macro forget_finished_build() %}
    {% if identity_build_note().is_finished %}
        {% call statement("forget_finished_build") %}
            {{ write_identity_build_note(false, none) }}
        {% endcall %}
    {% endif %}
{% endmacro %}

{#- The table of a model as it is now, whether or not it was built in this run. -#}
{% macro identity_table(name) %}
    {% set node = graph.nodes["model." ~ model.package_name ~ "." ~ name] %}
    {{
        return(
            this.incorporate(
                path={"schema": node.schema, "identifier": node.alias},
                type="table",
            )
        )
    }}
{% endmacro %}

{#-
  The rows that a followed model had before this build and has no more, and those that it has and
  did not have before. They lie among the identity models, for marts are public.
-#}
{% macro outdated_rows(relation) %}
    {{ return(table_beside(relation, "__outdated")) }}
{% endmacro %}

{% macro made_rows_table(relation) %}
    {{ return(table_beside(relation, "__made")) }}
{% endmacro %}

{% macro table_beside(relation, ending) %}
    {% set path = {
        "schema": identity_table("int_identity__changed_records").schema,
        "identifier": relation.identifier ~ ending,
    } %}
    {{ return(relation.incorporate(path=path, type="table")) }}
{% endmacro %}

{#-
  What of a relation this build made: the rows that it put in place of others in a followed model,
  else the whole relation.
-#}
{% macro made_rows(relation) %}
    {% if identity_follows() %}
        {% for node in graph.nodes.values() if (
            node.config.materialized == "followed"
            and node.config.outdated | trim != "true"
            and node.alias == relation.identifier
            and node.schema == relation.schema
        ) %}
            {{ return(made_rows_table(relation)) }}
        {% endfor %}
    {% endif %}
    {{ return(relation) }}
{% endmacro %}

{#-
  The condition that leaves the rows which this build makes anew: those whose key is in `keys`, a
  relation with record_key (or another `key`); all of them in a build that starts from nothing.
-#}
{% macro only_in(keys, column="record_key", key="record_key") -%}
    {%- if identity_follows() -%} {{ column }} in (select {{ key }} from {{ keys }})
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{#-
  The same for customers: those whose records, values or members are not what they were. With
  `links` also those whose records are only linked by other evidence.
-#}
{% macro only_touched_customers(column="customer_id", links=false) -%}
    {%- set touched = ref("int_identity__touched_customers") -%}
    {%- if identity_follows() -%}
        {{ column }} in (
            select customer_id
            from {{ touched }} {{ "where has_other_values" if not links }}
        )
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{#- A select of the records of those customers, as int_identity__customer_ids has them. -#}
{% macro touched_members(links=false) -%}
    {%- set customer_ids = ref("int_identity__customer_ids") -%}
    {%- set members = ref("int_identity__touched_members") -%}
    select *
    from {{ members if identity_follows() else customer_ids }}
    where {{ only_touched_customers(links=links) }}
{%- endmacro %}

{#- Whether the build that starts now can go on from the last one. -#}
{% macro identity_can_follow() %}
    {% if not execute or model.resource_type == "unit_test" or should_full_refresh() %}
        {{ return(false) }}
    {% endif %}
    {% for node in graph.nodes.values() if node.config.materialized == "followed" %}
        {% if load_cached_relation(identity_table(node.name)) is none %}
            {{ return(false) }}
        {% endif %}
    {% endfor %}
    {% set last = identity_build_note() %}
    {{ return(last.is_finished and last.definition == identity_definition()) }}
{% endmacro %}

{#-
  Stands for all that makes the result besides the records: the code, the seeds, the variables, the
  weights, and the order of magnitude of the number of records.
-#}
{% macro identity_definition() %}
    {#- As above: asked for several times. -#}
    {% if "identity_definition" not in model %}
        {% set weights %}
            select {{ distinct_texts_joined("concat_ws(' ', comparison, level, m, u, uses_frequency)", "|") }}
            from {{ ref("int_identity__weights") }}
        {% endset %}
        {% set count %}
            select record_count from {{ ref("int_identity__record_count") }}
        {% endset %}
        {% set parts = [
            project_digest(),
            tojson(invocation_args_dict.get("vars") or {}),
            run_query(weights).columns[0].values()[0],
            run_query(count).columns[0].values()[0],
        ] %}
        {% do model.update({"identity_definition": local_md5(parts | join("/"))}) %}
    {% endif %}
    {{ return(model["identity_definition"]) }}
{% endmacro %}

{#- A count brought down to a power of two: how common a value is matters by orders only. -#}
{% macro order_of_magnitude(count) -%}
    power(2, floor(log2({{ count }})))
{%- endmacro %}
