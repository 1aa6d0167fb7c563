"""Suites of checks as data: one YAML file a mart in ``expectations/suites/``.

See ``expectations/README.md`` for how to read and add a check.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

SUITES = Path(__file__).parent / "suites"

# `:name` would be a bind parameter to SQLAlchemy, also inside a string literal.
_BIND_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)(?!\w+:)")


class SuiteError(Exception):
    """A suite file that cannot be used; the message names the file, the check and what to do."""


class Check(BaseModel):
    """One rule about a table.

    Attributes:
        id: Stable name of the check; alerts remember it, so never give it to another rule.
        title: What must hold, as a plain English sentence.
        title_he: The same in Hebrew, for the dashboard; without it, Hebrew readers see ``title``.
        severity: ``critical`` blocks publishing; ``warning`` does not.
        column: The column that the rule is about.
        expect: A Great Expectations expectation without its ``expect_``, e.g.
            ``column_values_to_be_unique``.
        arguments: What that expectation takes besides the column.
        failing_rows: Instead of ``expect``: SQL that returns the failing rows, key first.
        allowed_share: With ``failing_rows``: share of the table's rows that may fail, 0 to 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]
    title: Annotated[str, Field(min_length=10, max_length=160)]
    title_he: Annotated[str, Field(min_length=10, max_length=160)] | None = None
    severity: Literal["critical", "warning"]
    column: str | None = None
    expect: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    failing_rows: str | None = None
    allowed_share: Annotated[float, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="after")
    def _is_one_rule(self) -> Check:
        if (self.expect is None) == (self.failing_rows is None):
            raise ValueError("give either `expect` or `failing_rows`")
        if self.expect is None and self.arguments:
            raise ValueError("`arguments` go with `expect`")
        if self.failing_rows is None and self.allowed_share:
            raise ValueError("`allowed_share` goes with `failing_rows`; with `expect` use `mostly`")
        return self


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Suite(BaseModel):
    """The checks of one table.

    Attributes:
        mart: Name of the table.
        key: Column, or columns, whose values are given as examples of failing rows.
        checks: The rules.
        schema_name: Schema in the warehouse (``schema`` in YAML).
        query: Instead of a table: the SELECT whose rows are checked (used by generated suites).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    mart: str
    key: Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    checks: tuple[Check, ...]
    schema_name: str = Field(default="marts", alias="schema")
    query: str | None = None

    @property
    def table(self) -> str:
        """The checked table's full name, as SQL in ``failing_rows`` must write it."""
        return f"{self.schema_name}.{self.mart}"

    @model_validator(mode="after")
    def _queries_read_the_table(self) -> Suite:
        for check in self.checks:
            if check.failing_rows is not None:
                query_over_batch(check.failing_rows, self.table)
        return self


def query_over_batch(sql: str, table: str) -> str:
    """Turn SQL as one would type it into the form which Great Expectations runs.

    Args:
        sql: A query that names its tables in full, e.g. ``from marts.customers``.
        table: The checked table's full name; it becomes the batch.

    Returns:
        The query with ``{batch}`` for the table, and braces and colons escaped.

    Raises:
        ValueError: If the query does not read the table.
    """
    escaped = sql.replace("{", "{{").replace("}", "}}")
    escaped = _BIND_PARAMETER.sub(r"\\:", escaped)
    name = re.compile(rf"(?<![\w.]){re.escape(table)}(?!\w)")
    if not name.search(escaped):
        raise ValueError(f"a query in `failing_rows` must read the checked table, {table}")
    return name.sub("{batch}", escaped)


def load_suites(directory: Path = SUITES) -> tuple[Suite, ...]:
    """Read every suite of a directory, in the order of the file names.

    Args:
        directory: Holds ``*.yml``.

    Returns:
        The suites.

    Raises:
        SuiteError: If a file is not a valid suite, or two checks share an id.
    """
    suites = tuple(_load(path) for path in sorted(directory.glob("*.yml")))
    ids = Counter(check.id for suite in suites for check in suite.checks)
    twice = sorted(check_id for check_id, count in ids.items() if count > 1)
    if twice:
        raise SuiteError(f"{directory}: each check needs an id of its own: {', '.join(twice)}")
    return suites


def _load(path: Path) -> Suite:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path} is not YAML: {str(error).splitlines()[0]}") from None
    try:
        suite = Suite.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(_problem(content, item) for item in error.errors())
        raise SuiteError(f"{path}: {problems}") from None
    strangers = [c.id for c in suite.checks if not c.id.startswith(f"{suite.mart}.")]
    if strangers:
        raise SuiteError(f"{path}: ids must begin with `{suite.mart}.`: {', '.join(strangers)}")
    return suite


def _problem(content: object, error: Any) -> str:
    """Describe a validation error by the check's id, which says more than its position."""
    where = list(error["loc"])
    if len(where) > 1 and where[0] == "checks" and isinstance(content, dict):
        check = content["checks"][where[1]]
        name = check.get("id") if isinstance(check, dict) else None
        where = [name or f"check {where[1] + 1}", *where[2:]]
    return f"{' › '.join(map(str, where)) or 'the file'}: {error['msg']}"
