{%- set touched_employers = ref("int_identity__touched_employers") -%}
{%- set employers = ref("int_identity__employers") -%}
{%- set contacts = ref("stg_hubspot__contacts") -%}
{%- set company_accounts = ref("int_identity__company_accounts") -%}
{%- set account_keys = ref("int_identity__account_keys") -%}

-- The records whose account is looked for anew, and those which are gone: of these the
-- account, or what leads to it, is not what it was.
with
    {% if identity_follows() %}
        companies_now as (select company_id, account_id from {{ company_accounts }}),

        companies_before as (
            select company_id, account_id from {{ outdated_rows(company_accounts) }}
        ),

        changed_companies as (
            select
                coalesce(
                    companies_now.company_id, companies_before.company_id
                ) as company_id
            from companies_now
            full outer join
                companies_before
                on companies_before.company_id = companies_now.company_id
            where companies_before.account_id is distinct from companies_now.account_id
        ),

        keys_now as (select kind, key, account_id from {{ account_keys }}),

        keys_before as (
            select kind, key, account_id from {{ outdated_rows(account_keys) }}
        ),

        changed_keys as (
            select
                coalesce(keys_now.kind, keys_before.kind) as kind,
                coalesce(keys_now.key, keys_before.key) as key
            from keys_now
            full outer join
                keys_before
                on keys_before.kind = keys_now.kind
                and keys_before.key = keys_now.key
            where keys_before.account_id is distinct from keys_now.account_id
        ),

        changed_domains as (
            select domain
            from (select distinct domain from {{ employers }}) as mailbox_domains
            where
                domain in (select key from changed_keys where kind = 'domain')
                or {{ domain_above("domain") }}
                in (select key from changed_keys where kind = 'domain')
        ),

        -- What a contact's further companies were is not known any more.
        contacts_of_companies as (
            select hubspot_contact_id from {{ contacts }} where company_ids like '%,%'
        ),

        final as (
            select record_key
            from {{ touched_employers }}
            union
            select record_key
            from {{ employers }}
            where
                company_id in (select company_id from changed_companies)
                or registration_number
                in (select key from changed_keys where kind = 'registration_number')
                or domain in (select domain from changed_domains)
                or name_key in (select key from changed_keys where kind = 'name')
                or (
                    source = 'hubspot'
                    and record_id
                    in (select hubspot_contact_id from contacts_of_companies)
                )
            union
            select record_key
            from {{ identity_table("int_identity__employer_accounts") }}
            where linked_by = 'further company in hubspot'
        )
    {% else %} final as (select record_key from {{ employers }} where false)
    {% endif %}

select record_key
from final
