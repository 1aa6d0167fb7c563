{%- set marks = ref("int_identity__ledger_marks") -%}
{%- set history = ref("stg_kesher__customer_id_history") -%}
{%- set told = [
    "event_id",
    "happened_at",
    "event",
    "customer_id",
    "other_customer_id",
    "source",
    "record_id",
    "record_count",
    "reason",
] -%}

-- The events that were published, or are not published any more, since the last build.
with
    {% if identity_follows() %}
        published as (
            select {{ told | join(", ") }}
            from {{ history }}
            where {{ is_read_anew(marks, "customer_id_history") }}
        ),

        known as (
            select {{ told | join(", ") }}
            from {{ identity_table("customer_id_history") }}
            where {{ is_read_anew(marks, "customer_id_history") }}
        ),

        came as (
            select *
            from published
            except
            select *
            from known
        ),

        went as (
            select *
            from known
            except
            select *
            from published
        ),

        final as (
            select event_id, customer_id
            from {{ history }}
            where {{ came_since(marks, "customer_id_history") }}
            union
            select event_id, null as customer_id
            from {{ deletions_table(history) }}
            where {{ came_since(marks, "customer_id_history") }}
            union
            select event_id, customer_id
            from came
            union
            select event_id, customer_id
            from went
        )
    {% else %} final as (select event_id, customer_id from {{ history }} where false)
    {% endif %}

select event_id, max(customer_id) as customer_id
from final
group by event_id
