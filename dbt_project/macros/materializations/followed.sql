{#-
  Materialization of a model that follows the build before, see macros/identity/follow.sql.

  When the build follows, the model's rows replace those for which `outdated` (a condition; it
  may hold Jinja) is true, in one transaction. With `keeps_outdated` the replaced rows stay
  until the next build in `<model>__outdated`, for models that must know what has been there; where
  all rows are replaced (`outdated` is "true") the whole table is kept, under that name. Else the table
  is made from nothing.
-#}
{% materialization followed, default %}
    {% set table = this.incorporate(type="table") %}
    {% set existing = load_cached_relation(this) %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% set follows = identity_follows() %}
    {% set condition = render(config.require("outdated")) | trim %}
    {% if not follows %} {% do forget_finished_build() %} {% endif %}

    {% if follows and condition != "true" %}
        {% set incoming = make_temp_relation(table) %}
        {% call statement("main") %}
            {{ create_table_as(True, incoming, compiled_code) }}
        {% endcall %}
        {% set columns = [] %}
        {% for column in adapter.get_columns_in_relation(incoming) %}
            {% do columns.append(column.name) %}
        {% endfor %}
        {% call statement("replace") %}
            {% if config.get("keeps_outdated", false) %}
                drop table if exists {{ outdated_rows(table) }};
                create table {{ outdated_rows(table) }} as
                select * from {{ table }} where {{ condition }};
            {% endif %}
            delete from {{ table }}
            where {{ condition }}
            ;
            insert into {{ table }} ({{ columns | join(", ") }})
            select {{ columns | join(", ") }} from {{ incoming }};
        {% endcall %}
    {% else %}
        {% set intermediate = make_intermediate_relation(table) %}
        {% do drop_relation_if_exists(load_cached_relation(intermediate)) %}
        {% call statement("main") %}
            {{ create_table_as(False, intermediate, compiled_code) }}
        {% endcall %}
        {% if follows and config.get("keeps_outdated", false) %}
            {% do drop_relation_if_exists(load_cached_relation(outdated_rows(table))) %}
            {% do adapter.rename_relation(existing, outdated_rows(table)) %}
        {% else %} {% do drop_relation_if_exists(existing) %}
        {% endif %}
        {% do adapter.rename_relation(intermediate, table) %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {% if incoming is defined %} {% do adapter.drop_relation(incoming) %} {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [table]}) }}
{% endmaterialization %}

{#-
  Materialization of int_identity__changed_records: a table with a note that says how this build
  goes. From here on the last build is no longer a finished one.
-#}
{% materialization start_of_build, default %}
    {% set table = this.incorporate(type="table") %}
    {% set follows = identity_can_follow() %}
    {% set definition = identity_definition() %}
    {% set finished = load_cached_relation(
        identity_table("int_identity__finished_build")
    ) %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% set intermediate = make_intermediate_relation(table) %}
    {% do drop_relation_if_exists(load_cached_relation(intermediate)) %}
    {% call statement("main") %}
        {{ create_table_as(False, intermediate, compiled_code) }}
    {% endcall %}
    {% call statement("begin_build") %}
        {% if finished is not none %}
            delete from {{ finished }}
            ;
        {% endif %}
        {{
            write_table_note(
                intermediate, tojson({"follows": follows, "definition": definition})
            )
        }}
    {% endcall %}
    {% do drop_relation_if_exists(load_cached_relation(this)) %}
    {% do adapter.rename_relation(intermediate, table) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [table]}) }}
{% endmaterialization %}
