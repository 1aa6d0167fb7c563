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
    final as (
        select
            {{ string_constant(identity_build_note().definition or "") }} as definition
    )

select definition
from final
