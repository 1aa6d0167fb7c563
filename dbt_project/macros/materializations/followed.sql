{#-
  Materialization of a model that follows the build before, see macros/identity/follow.sql.

  When the build follows, the model's rows replace those for which `outdated` (a condition; it
  may hold Jinja) is true, in one transaction. With `keeps_outdated` the replaced rows stay
  until the next build in `<model>__outdated`, for models that must know what has been there; where
  all rows are replaced (`outdated` is "true") the whole table is kept, under that name. The rows
  that were put in their place stay in `<model>__made`, for tests and for models that need no other
  ones. Else the table is made from nothing.
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
        {% set made = made_rows_table(table) %}
        {% call statement("main") %}
            drop table if exists {{ made }};
            {{ create_table_as(False, made, compiled_code) }}
        {% endcall %}
        {% call statement("replace") %}
            {% if config.get("keeps_outdated", false) %}
                drop table if exists {{ outdated_rows(table) }};
                create table {{ outdated_rows(table) }} as
                select * from {{ table }} where {{ condition }};
            {% endif %}
            delete from {{ table }}
            where {{ condition }}
            ;
            {{ insert_by_name(table, made) }}
            ;
        {% endcall %}
    {% else %}
        {% if follows and config.get("keeps_outdated", false) %}
            {#- Whether it is there or not: so each build asks the same of the warehouse. -#}
            {% do adapter.drop_relation(outdated_rows(table)) %}
            {% do adapter.rename_relation(existing, outdated_rows(table)) %}
            {% set existing = none %}
        {% endif %}
        {% call statement("main") %}
            drop table if exists {{ made_rows_table(table) }};
            {{ replace_table(existing, table, compiled_code) }}
        {% endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
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

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement("main") %}
        {{ replace_table(load_cached_relation(this), table, compiled_code) }}
    {% endcall %}
    {% call statement("begin_build") %}
        {{ write_identity_build_note(follows, identity_definition()) }}
    {% endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [table]}) }}
{% endmaterialization %}
