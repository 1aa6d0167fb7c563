"""`python -m benchmarks.plain_run ADDRESS`: read the customers with a plain declarative connector.

A manifest as Airbyte's guides write it, with the defaults of the CDK; the messages of its protocol
go to standard output, as they would to a destination.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)

_SCHEMAS = Path(__file__).resolve().parent.parent / "connectors" / "stripe" / "schemas"


def manifest(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of a connector that reads the list page by page."""
    return {
        "version": "7.39.1",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["customers"]},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": "customers",
                "primary_key": ["id"],
                "schema_loader": {"type": "InlineSchemaLoader", "schema": schema},
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": {
                        "type": "HttpRequester",
                        "url_base": "{{ config['base_url'] }}",
                        "path": "/v1/customers",
                        "http_method": "GET",
                        "authenticator": {
                            "type": "BearerAuthenticator",
                            "api_token": "{{ config['client_secret'] }}",
                        },
                    },
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
                    },
                    "paginator": {
                        "type": "DefaultPaginator",
                        "page_token_option": {
                            "type": "RequestOption",
                            "inject_into": "request_parameter",
                            "field_name": "starting_after",
                        },
                        "page_size_option": {
                            "type": "RequestOption",
                            "inject_into": "request_parameter",
                            "field_name": "limit",
                        },
                        "pagination_strategy": {
                            "type": "CursorPagination",
                            "cursor_value": "{{ last_record['id'] }}",
                            "stop_condition": "{{ not response['has_more'] }}",
                            "page_size": 100,
                        },
                    },
                },
            }
        ],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "additionalProperties": True},
        },
    }


def main(address: str) -> None:
    """Read everything."""
    schema = json.loads((_SCHEMAS / "customers.json").read_text())
    config = {"base_url": address, "client_secret": "sk_test_benchmark"}
    catalog = {
        "streams": [
            {
                "stream": {
                    "name": "customers",
                    "json_schema": schema,
                    "supported_sync_modes": ["full_refresh"],
                },
                "sync_mode": "full_refresh",
                "destination_sync_mode": "append",
            }
        ]
    }
    with tempfile.TemporaryDirectory() as folder:
        files = {"config": config, "catalog": catalog}
        arguments = ["read"]
        for name, content in files.items():
            file = Path(folder) / f"{name}.json"
            file.write_text(json.dumps(content))
            arguments += [f"--{name}", str(file)]
        source = ConcurrentDeclarativeSource(
            config=config,
            catalog=ConfiguredAirbyteCatalogSerializer.load(catalog),
            state=None,
            source_config=manifest(schema),
        )
        launch(source, arguments)


if __name__ == "__main__":
    main(sys.argv[1])
