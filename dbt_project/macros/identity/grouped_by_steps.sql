{#-
  A recursive CTE that puts records together, the strongest links first: all links of a step are
  tried together, and what they would join stays apart if that is a contradiction.

  `start` is a CTE with record_key and group_key, `steps` one with left_record_key,
  right_record_key and step, from 1 on. `contradictions` is the SQL of CTEs that end with
  `contradictions`, the group_key of each group of the CTE `tried` that must not be. The result is
  the CTE `<name>`, with record_key and group_key.
-#}
{% macro grouped_by_steps(name, start, steps, contradictions) -%}
    {{ name }}_last_step as (select coalesce(max(step), 0) as step from {{ steps }}),

    -- One row a record and step. The engine plans a step once, however many there are.
    {{ name }}_by_step as (
        select record_key, group_key, 0 as step
        from {{ start }}
        union all
        select record_key, group_key, step
        from
            (
                with
                    before as (
                        select
                            groups.record_key, groups.group_key, groups.step + 1 as step
                        from {{ name }}_by_step as groups
                        inner join
                            {{ name }}_last_step as last_step
                            on groups.step < last_step.step
                    ),

                    -- Groups that the links of this step join, as if all of them
                    -- counted.
                    joins as (
                        select
                            left_group.group_key as left_record_key,
                            right_group.group_key as right_record_key
                        from {{ steps }} as steps
                        inner join
                            before as left_group
                            on left_group.record_key = steps.left_record_key
                            and left_group.step = steps.step
                        inner join
                            before as right_group
                            on right_group.record_key = steps.right_record_key
                        where left_group.group_key <> right_group.group_key
                    ),

                    {{ connected_components("joined", "joins", rounds=8) }},

                    tried as (
                        select before.record_key, joined.component_key as group_key
                        from before
                        inner join joined on joined.record_key = before.group_key
                    ),

                    {{ contradictions }}

                select
                    before.record_key,
                    case
                        when
                            tried.group_key is not null
                            and contradictions.group_key is null
                        then tried.group_key
                        else before.group_key
                    end as group_key,
                    before.step
                from before
                left join tried on tried.record_key = before.record_key
                left join contradictions on contradictions.group_key = tried.group_key
            ) as joined_groups
    ),

    {{ name }} as (
        select groups.record_key, groups.group_key
        from {{ name }}_by_step as groups
        inner join {{ name }}_last_step as last_step on last_step.step = groups.step
    )
{%- endmacro %}
