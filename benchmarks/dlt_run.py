"""`python -m benchmarks.dlt_run ADDRESS FOLDER`: read the customers with dlt's REST source.

Into Parquet files, nested values as JSON, as Kesher's lake keeps them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source


def main(address: str, folder: str) -> None:
    """Read everything."""
    source = rest_api_source(
        {
            "client": {
                "base_url": address,
                "auth": {"type": "bearer", "token": "sk_test_benchmark"},
                "paginator": JSONResponseCursorPaginator(
                    cursor_path="data[-1].id",
                    cursor_param="starting_after",
                    has_more_path="has_more",
                ),
            },
            "resources": [
                {
                    "name": "customers",
                    "endpoint": {
                        "path": "v1/customers",
                        "params": {"limit": 100},
                        "data_selector": "data",
                    },
                }
            ],
        },
        max_table_nesting=0,
    )
    pipeline = dlt.pipeline(
        "benchmark",
        destination=dlt.destinations.filesystem(bucket_url=Path(folder).absolute().as_uri()),
        dataset_name="lake",
        pipelines_dir=f"{folder}/pipelines",
    )
    pipeline.run(source, loader_file_format="parquet")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
