-- Both ends of every link are in one component: the rounds of connected_components
-- were enough.
select links.left_record_key, links.right_record_key
from {{ ref("int_identity__links") }} as links
left join
    {{ ref("int_identity__components") }} as left_component
    on left_component.record_key = links.left_record_key
left join
    {{ ref("int_identity__components") }} as right_component
    on right_component.record_key = links.right_record_key
where
    left_component.component_key is null
    or right_component.component_key is null
    or left_component.component_key <> right_component.component_key
