{%- set changed = ref("int_identity__changed_records") -%}
{%- set changed_values = ref("int_identity__changed_values") -%}
{%- set touched_identifiers = ref("int_identity__touched_identifiers") -%}
{%- set identifiers = ref("int_identity__identifiers") -%}
{%- set touched_blocks = ref("int_identity__touched_blocks") -%}
{%- set block_members = ref("int_identity__block_members") -%}
{%- set decided_pairs = ref("int_identity__decided_pairs") -%}
{%- set records = ref("int_identity__records") -%}
{%- set record_identifiers = ref("int_identity__record_identifiers") -%}

-- The records whose pairs this build scores anew, and those which are gone.
with
    {% if identity_follows() %}
        changed_values as (select attribute, value from {{ changed_values }}),

        -- One that a second name came to use is shared now.
        changed_identifiers as (
            select now.kind, now.value
            from {{ identifiers }} as now
            inner join
                {{ outdated_rows(identifiers) }} as before
                on before.kind = now.kind
                and before.value = now.value
            where
                (now.kind, now.value)
                in (select (kind, value) from {{ touched_identifiers }})
                and before.use <> now.use
        ),

        members_now as (
            select block_key, record_key
            from {{ block_members }}
            where whole_block_key in (select block_key from {{ touched_blocks }})
        ),

        members_before as (
            select block_key, record_key from {{ outdated_rows(block_members) }}
        ),

        moved as (
            select
                coalesce(
                    members_now.record_key, members_before.record_key
                ) as record_key
            from members_now
            full outer join
                members_before
                on members_before.record_key = members_now.record_key
                and members_before.block_key = members_now.block_key
            where members_now.record_key is null or members_before.record_key is null
        ),

        decided_now as (
            select left_record_key, right_record_key, verdict, decided_by
            from {{ decided_pairs }}
        ),

        decided_before as (
            select left_record_key, right_record_key, verdict, decided_by
            from {{ outdated_rows(decided_pairs) }}
        ),

        changed_decisions as (
            (
                select *
                from decided_now
                except
                select *
                from decided_before
            )
            union all
            (
                select *
                from decided_before
                except
                select *
                from decided_now
            )
        ),

        reasons as (
            select record_key, change as reason
            from {{ changed }}
            union all
            {% for column in counted_columns() %}
                select
                    record_key,
                    '{{ "given name" if column == "given" else "frequency" }}'
                from {{ records }}
                where
                    {{ column }} in (
                        select value
                        from changed_values
                        where attribute = '{{ column }}'
                    )
                union all
            {% endfor %}
            select record_key, 'identifier'
            from {{ record_identifiers }}
            where (kind, value) in (select (kind, value) from changed_identifiers)
            union all
            select record_key, 'block'
            from moved
            union all
            select left_record_key, 'decision'
            from changed_decisions
            union all
            select right_record_key, 'decision'
            from changed_decisions
        ),

        -- What changes the record itself comes first.
        final as (
            select
                record_key,
                bool_or(
                    reason in ('new', 'changed', 'gone', 'decision', 'given name')
                ) as is_changed,
                bool_or(reason = 'identifier') as has_other_identifiers,
                min(reason) as reason
            from reasons
            group by record_key
        )
    {% else %}
        final as (
            select
                record_key,
                cast(null as boolean) as is_changed,
                cast(null as boolean) as has_other_identifiers,
                cast(null as varchar) as reason
            from {{ records }}
            where false
        )
    {% endif %}

select record_key, is_changed, has_other_identifiers, reason
from final
