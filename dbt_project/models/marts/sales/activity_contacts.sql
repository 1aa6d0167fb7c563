with
    contacts as (
        {% for kind in ["call", "meeting", "note", "task", "email"] %}
            select
                '{{ kind }}:' || {{ kind }}_id as activity_id,
                {{ each_of("contact_ids") }} as hubspot_contact_id
            from
                {{ ref("stg_hubspot__" ~ kind ~ "s") }}
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    identities as (
        select record_id, customer_id
        from {{ ref("customer_identities") }}
        where source = 'hubspot'
    ),

    final as (
        select contacts.activity_id, contacts.hubspot_contact_id, identities.customer_id
        from contacts
        left join identities on contacts.hubspot_contact_id = identities.record_id
    )

select *
from final
