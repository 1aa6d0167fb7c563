{{ config(unique_key="mailchimp_member_id") }}

with
    records
    as {{
        lake_records(
            "mailchimp",
            "members",
            primary_key=["list_id", "id"],
            fields={
                "list_id": "text",
                "id": "text",
                "unique_email_id": "text",
                "email_address": "text",
                "full_name": "text",
                "merge_fields": {
                    "*": "json",
                    "FNAME": "text",
                    "LNAME": "text",
                    "PHONE": "text",
                    "COMPANY": "text",
                    "BIRTHDAY": "text",
                    "ADDRESS": {
                        "addr1": "text",
                        "addr2": "text",
                        "city": "text",
                        "state": "text",
                        "zip": "text",
                        "country": "text",
                    },
                },
                "language": "text",
                "status": "text",
                "unsubscribe_reason": "text",
                "member_rating": "bigint",
                "vip": "boolean",
                "timestamp_signup": "timestamp",
                "timestamp_opt": "timestamp",
                "last_changed": "timestamp",
            },
            deleted="status = 'archived'",
        )
    }},

    final as (
        select
            list_id || ':' || id as mailchimp_member_id,
            {{ record_key("'mailchimp'", "list_id || ':' || id") }} as record_key,
            list_id,
            id as email_id,
            email_address as email,
            full_name,
            merge_fields_fname as given_name,
            merge_fields_lname as family_name,
            merge_fields_phone as phone,
            nullif(
                concat_ws(', ', merge_fields_address_addr1, merge_fields_address_addr2),
                ''
            ) as street,
            merge_fields_address_city as city,
            merge_fields_address_state as region,
            merge_fields_address_zip as postcode,
            merge_fields_address_country as country,
            merge_fields_company as company,
            merge_fields_birthday as birthday,
            language,
            status,
            unsubscribe_reason,
            member_rating,
            vip as is_vip,
            timestamp_signup as signed_up_at,
            timestamp_opt as opted_in_at,
            last_changed as updated_at,
            merge_fields_json,
            {{ lake_columns() }}
        from records
    )

select *
from final
