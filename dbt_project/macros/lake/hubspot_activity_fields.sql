{#-
  The fields of a HubSpot activity (call, e-mail, meeting, note, task) for `lake_records`: the
  given properties of its own kind, and what all kinds have.
-#}
{% macro hubspot_activity_fields(properties) %}
    {% set shared_properties = {
        "hs_timestamp": "timestamp",
        "hubspot_owner_id": "text",
        "hs_createdate": "timestamp",
    } %}
    {{
        return(
            {
                "id": "text",
                "properties": dict(properties, **shared_properties),
                "associations": {
                    "contacts": {"results": "ids"},
                    "companies": {"results": "ids"},
                    "deals": {"results": "ids"},
                },
                "createdAt": "timestamp",
                "updatedAt": "timestamp",
                "archived": "boolean",
            }
        )
    }}
{% endmacro %}
