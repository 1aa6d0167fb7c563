{#-
  Connected components by contraction, as a chain of CTEs to be put into a `with`.

  `edges` is the name of a CTE with left_record_key and right_record_key; the result is the CTE
  `<name>` with record_key and component_key, one row a record that has an edge. The key of a
  component is the smallest key in it.

  Each round hangs every node under its smallest neighbour, jumps twice towards the
  root, and goes on with the roots as nodes. Keys are digests, so that the order of nodes is random
  and a round removes at least a third of them, chains included: 16 rounds join chains of
  thousands. A round only knows the nodes that the one before has left, so that all but the first cost
  little; at the end the roots of roots are looked up from the last round back to the first. The
  test identity_components_are_whole fails if the rounds were not enough.
-#}
{% macro connected_components(name, edges, rounds=16) -%}
    {{ name }}_edges_0 as (
        select left_record_key as node, right_record_key as neighbour
        from {{ edges }}
        union all
        select right_record_key as node, left_record_key as neighbour
        from {{ edges }}
    ),
    {% for round in range(rounds) %}
        {{ name }}_parents_{{ round }} as (
            select node, least(node, min(neighbour)) as parent
            from {{ name }}_edges_{{ round }}
            group by node
        ),

        {{ name }}_grandparents_{{ round }} as (
            select child.node, parent.parent
            from {{ name }}_parents_{{ round }} as child
            inner join
                {{ name }}_parents_{{ round }} as parent on parent.node = child.parent
        ),

        {{ name }}_roots_{{ round }} as (
            select child.node, parent.parent as root
            from {{ name }}_grandparents_{{ round }} as child
            inner join
                {{ name }}_grandparents_{{ round }} as parent
                on parent.node = child.parent
        ),

        {{ name }}_edges_{{ round + 1 }} as (
            select distinct node_roots.root as node, neighbour_roots.root as neighbour
            from {{ name }}_edges_{{ round }} as edges
            inner join
                {{ name }}_roots_{{ round }} as node_roots
                on node_roots.node = edges.node
            inner join
                {{ name }}_roots_{{ round }} as neighbour_roots
                on neighbour_roots.node = edges.neighbour
            -- No `<>`, by which DuckDB may choose to join all roots with all others.
            where case when node_roots.root = neighbour_roots.root then 0 else 1 end = 1
        ),
    {% endfor %}
    {{ name }}_labels_{{ rounds - 1 }} as (
        select node, root as label from {{ name }}_roots_{{ rounds - 1 }}
    ),
    {% for round in range(rounds - 2, -1, -1) %}
        {{ name }}_labels_{{ round }} as (
            select roots.node, coalesce(labels.label, roots.root) as label
            from {{ name }}_roots_{{ round }} as roots
            left join
                {{ name }}_labels_{{ round + 1 }} as labels on labels.node = roots.root
        ),
    {% endfor %}
    {{ name }} as (
        select node as record_key, label as component_key from {{ name }}_labels_0
    )
{%- endmacro %}
