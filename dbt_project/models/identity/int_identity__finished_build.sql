{{ config(post_hook="{{ finish_build() }}") }}

-- depends_on: {{ ref("int_identity__customer_id_changes") }}
-- depends_on: {{ ref("customer_id_history") }}
-- depends_on: {{ ref("int_identity__explained_links") }}
-- depends_on: {{ ref("int_identity__cuts") }}
-- depends_on: {{ ref("int_identity__review_questions") }}
-- depends_on: {{ ref("int_identity__account_people") }}
-- depends_on: {{ ref("customers") }}
-- depends_on: {{ ref("customer_links") }}
-- depends_on: {{ ref("customer_search_tokens") }}
-- depends_on: {{ ref("households") }}
with
    ledger_marks as (select * from {{ ref("int_identity__ledger_marks") }}),

    final as (
        select
            stream,
            last_file,
            files_read,
            {{ string_constant(identity_build_note().definition or "") }} as definition
        from ledger_marks
    )

select stream, last_file, files_read, definition
from final
