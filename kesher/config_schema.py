"""What `kesher.yml` may say: one model a section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from connectors.people_fields import PeopleField
from connectors.stream_names import stream_problems, vendor_streams
from expectations.alerts import AlertsConfig
from kesher.home_country import DEFAULT_HOME_COUNTRY, country_problem

VENDORS = ("stripe", "zendesk", "mailchimp", "hubspot")

_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_RESERVED_NAMES = {"kesher", "steward", "sandbox"}


def _day_text(value: Any) -> Any:
    """Take a date as YAML reads it, or as text, and write it as connectors want it: a day, UTC."""
    if isinstance(value, str) and "${" not in value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("a date such as 2024-01-31") from None
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        value = moment.astimezone(UTC).date()
    return value.isoformat() if isinstance(value, date) else value


def _no_yes_or_no(value: Any) -> Any:
    """Refuse `true`, which pydantic takes for 1; a number in an environment variable is text."""
    if isinstance(value, bool):
        raise ValueError("a whole number")
    return value


def _country(value: Any) -> Any:
    """Refuse what is no country: of none could a telephone number be read."""
    if value is False:
        raise ValueError("a country in two capital letters; Norway's stands in quotes, 'NO'")
    if isinstance(value, str) and (problem := country_problem(value)):
        raise ValueError(problem)
    return value


Whole = Annotated[int, BeforeValidator(_no_yes_or_no)]

#: After how many days each stream is read from the beginning again; 0: never.
RereadDays = dict[str, Annotated[Whole, Field(ge=0)]]

Day = Annotated[str, BeforeValidator(_day_text)]


def _postgres_url(value: SecretStr) -> SecretStr:
    """Check what can be checked without the server. The value never stands in the complaint."""
    complaint = "a Postgres URL such as postgresql://user:password@host:5432/database"
    try:
        url = urlsplit(value.get_secret_value())
        port_is_right = url.port is None or url.port > 0
    except ValueError:
        raise ValueError(complaint) from None
    is_postgres = url.scheme in ("postgresql", "postgres", "postgresql+psycopg")
    if not (is_postgres and port_is_right and url.path.strip("/")):
        raise ValueError(complaint)
    return value


def _http_url(value: str) -> str:
    """Refuse what no request could be made to."""
    if "${" in value:
        return value
    try:
        url = urlsplit(value)
        is_whole = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or re.search(r"\s|/\Z", value):
        raise ValueError("an address such as https://api.example.com, without a slash at the end")
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _HttpSource(_Section):
    timeout_seconds: Whole | None = Field(default=None, ge=1)
    max_retries: Whole | None = Field(default=None, ge=0)
    patience_seconds: Whole | None = Field(default=None, ge=1)
    max_concurrency: Whole | None = Field(default=None, ge=1, le=50)
    without: list[str] | None = None
    reread_days: RereadDays = Field(default_factory=dict)


class _VendorSource(_HttpSource):
    start_date: Day | None = None
    base_url: Annotated[str, AfterValidator(_http_url)] | None = None


class StripeSource(_VendorSource):
    """A Stripe account."""

    type: Literal["stripe"]
    client_secret: SecretStr


class ZendeskSource(_VendorSource):
    """A Zendesk account."""

    type: Literal["zendesk"]
    subdomain: str
    email: str
    api_token: SecretStr


class MailchimpSource(_VendorSource):
    """A Mailchimp account."""

    type: Literal["mailchimp"]
    api_key: SecretStr


class HubspotSource(_VendorSource):
    """A HubSpot account."""

    type: Literal["hubspot"]
    access_token: SecretStr


class FilesSource(_Section):
    """A list of people in files: CSV, Parquet, JSON Lines or Excel."""

    type: Literal["files"]
    path: str
    format: Literal["csv", "parquet", "jsonl", "excel"] | None = None
    mapping: dict[PeopleField, str] = Field(default_factory=dict)
    record_id: str | list[str] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


class ManifestSource(_HttpSource):
    """Any HTTP API that a folder with a manifest describes."""

    type: Literal["manifest"]
    folder: str
    settings: dict[str, Any] = Field(default_factory=dict)


SourceConfig = Annotated[
    StripeSource | ZendeskSource | MailchimpSource | HubspotSource | FilesSource | ManifestSource,
    Field(discriminator="type"),
]


class SandboxConfig(_Section):
    """The synthetic population that stands in when no sources are configured."""

    people: int = Field(default=2000, ge=1, le=2_000_000)
    seed: int = 7


class DecisionsConfig(_Section):
    """Where the stewards' decisions are kept. Without a URL: in a file of the data directory."""

    url: Annotated[SecretStr, AfterValidator(_postgres_url)] | None = None


class DashboardConfig(_Section):
    """Where the dashboard listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=0, le=65535)
    language: Literal["en", "he"] = "en"


class KesherFile(_Section):
    """Everything that `kesher.yml` may say."""

    data_dir: str | None = None
    home_country: Annotated[str, BeforeValidator(_country)] = DEFAULT_HOME_COUNTRY
    sources: dict[str, SourceConfig] | None = None
    sandbox: SandboxConfig = SandboxConfig()
    alerts: AlertsConfig = AlertsConfig()
    decisions: DecisionsConfig = DecisionsConfig()
    dashboard: DashboardConfig = DashboardConfig()


def source_problems(checked: KesherFile) -> Iterator[str]:
    """Say what is wrong with the names of sources and streams, which no model can tell."""
    if checked.sources is None:
        return
    if not checked.sources:
        yield "sources: found nothing; expected at least one, or leave the key out for the sandbox"
    for name, source in checked.sources.items():
        key = f"sources.{name}"
        if source.type in VENDORS:
            if name != source.type:
                yield (
                    f"{key}: found the name {name} for a {source.type} account; expected the name "
                    f"{source.type} (one account a vendor)"
                )
        elif name in _RESERVED_NAMES or name in VENDORS:
            yield f"{key}: found a name that is reserved; expected another one"
        elif not _SOURCE_NAME.match(name):
            yield f"{key}: found a name with other signs; expected a-z, 0-9, _, a letter first"
        if isinstance(source, _VendorSource):
            streams = vendor_streams(source.type)
            for problem in stream_problems(streams, source.without or (), source.reread_days):
                yield f"{key}.{problem}"
