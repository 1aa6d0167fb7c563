{%- set changed = ref("int_identity__changed_records") -%}
{%- set recompared = ref("int_identity__recompared_records") -%}
{%- set regrouped = ref("int_identity__regrouped_records") -%}
{%- set customer_ids = ref("int_identity__customer_ids") -%}
{%- set record_identifiers = ref("int_identity__record_identifiers") -%}
{%- set email_evidence = ref("int_identity__email_evidence") -%}

-- The customers whose rows this build makes anew, and those who are gone.
with
    {% if identity_follows() %}
        members_now as (select record_key, customer_id from {{ customer_ids }}),

        reassigned_now as (
            select record_key, customer_id, cluster_key
            from {{ made_rows(customer_ids) }}
        ),

        members_before as (
            select record_key, customer_id, cluster_key
            from {{ outdated_rows(customer_ids) }}
        ),

        moved as (
            select
                reassigned_now.customer_id,
                members_before.customer_id as customer_id_before
            from reassigned_now
            full outer join
                members_before on members_before.record_key = reassigned_now.record_key
            where
                members_before.customer_id is distinct from reassigned_now.customer_id
                or members_before.cluster_key
                is distinct from reassigned_now.cluster_key
        ),

        evidence_now as (
            select mailbox, is_verified, is_bouncing from {{ email_evidence }}
        ),

        evidence_before as (
            select mailbox, is_verified, is_bouncing
            from {{ outdated_rows(email_evidence) }}
        ),

        changed_mailboxes as (
            select coalesce(evidence_now.mailbox, evidence_before.mailbox) as mailbox
            from evidence_now
            full outer join
                evidence_before on evidence_before.mailbox = evidence_now.mailbox
            where
                evidence_before.is_verified is distinct from evidence_now.is_verified
                or evidence_before.is_bouncing is distinct from evidence_now.is_bouncing
        ),

        touched_records as (
            select record_key, true as has_other_values
            from {{ changed }}
            union all
            select record_key, true as has_other_values
            from {{ record_identifiers }}
            where kind = 'email' and value in (select mailbox from changed_mailboxes)
            union all
            -- A given name that became common or rare is another value.
            select record_key, is_changed as has_other_values
            from {{ recompared }}
            union all
            select record_key, false as has_other_values
            from {{ regrouped }}
        ),

        touched as (
            select members_now.customer_id, touched_records.has_other_values
            from touched_records
            inner join
                members_now on members_now.record_key = touched_records.record_key
            union all
            select customer_id, true as has_other_values
            from moved
            where customer_id is not null
            union all
            select customer_id_before as customer_id, true as has_other_values
            from moved
            where customer_id_before is not null
        ),

        final as (
            select customer_id, bool_or(has_other_values) as has_other_values
            from touched
            group by customer_id
        )
    {% else %}
        final as (
            select customer_id, cast(null as boolean) as has_other_values
            from {{ customer_ids }}
            where false
        )
    {% endif %}

select customer_id, has_other_values
from final
