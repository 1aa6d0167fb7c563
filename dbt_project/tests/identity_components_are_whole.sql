{%- set components = ref("int_identity__components") -%}

-- Both ends of every link are in one component: the rounds of connected_components
-- were enough. A build that goes on looks at the links of the components which it made.
with
    links as (
        select left_record_key, right_record_key
        from {{ ref("int_identity__links") }}
        {% if identity_follows() %}
            where
                left_record_key in (select record_key from {{ made_rows(components) }})
                or right_record_key
                in (select record_key from {{ made_rows(components) }})
        {% endif %}
    )

select links.left_record_key, links.right_record_key
from links
left join
    {{ components }} as left_component
    on left_component.record_key = links.left_record_key
left join
    {{ components }} as right_component
    on right_component.record_key = links.right_record_key
where
    left_component.component_key is null
    or right_component.component_key is null
    or left_component.component_key <> right_component.component_key
