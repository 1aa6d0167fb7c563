"""The expectation behind ``failing_rows``: a query that returns the rows which break a rule.

Great Expectations' own ``UnexpectedRowsExpectation`` knows neither a share that may fail nor how
many rows were looked at, and hands out the rows only in its most verbose format. Importing this
module imports Great Expectations (seconds).
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.expectations import UnexpectedRowsExpectation
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration

from expectations.report import MAX_EXAMPLES

_ROWS = "unexpected_rows_query.table"


class ExpectFewFailingRows(UnexpectedRowsExpectation):  # type: ignore[misc]  # GX is not typed
    """Expect a query for failing rows to find none, or at most a share of the table's rows.

    Attributes:
        unexpected_rows_query: The query; ``{batch}`` stands for the checked table.
        allowed_share: Share of the table's rows that may fail, 0 to 1.
    """

    allowed_share: float = 0.0

    # The rows themselves are asked for below, only where they are wanted.
    metric_dependencies: ClassVar[tuple[str, ...]] = (
        "unexpected_rows_query.row_count",
        "table.row_count",
    )
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "allowed_share")

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> Any:
        """Name the metrics to compute: the rows' number, and in any but the tersest format they."""
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        if dependencies.result_format["result_format"] != "BOOLEAN_ONLY":
            metric = get_metric_kwargs(
                metric_name=_ROWS,
                configuration=self.configuration,
                runtime_configuration=runtime_configuration,
            )
            dependencies.set_metric_configuration(
                metric_name=_ROWS,
                metric_configuration=MetricConfiguration(
                    metric_name=_ROWS,
                    metric_domain_kwargs=metric["metric_domain_kwargs"],
                    metric_value_kwargs=metric["metric_value_kwargs"],
                ),
            )
        return dependencies

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        failed = int(metrics["unexpected_rows_query.row_count"])
        checked = int(metrics["table.row_count"])
        rows = metrics.get(_ROWS, [])[:MAX_EXAMPLES]
        return {
            "success": failed <= self.allowed_share * checked,
            "result": {
                "element_count": checked,
                "unexpected_count": failed,
                "partial_unexpected_list": [next(iter(row.values()), None) for row in rows],
            },
        }
