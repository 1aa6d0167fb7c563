"""`kesher.yml`: what it may say, how it is read, and how its mistakes are told.

Every mistake becomes one line: the file, the key, what was found, what is expected. Values that
came from the environment, and those of keys that hold secrets, never stand in such a line.
"""

from __future__ import annotations

import difflib
import os
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from expectations.alerts import AlertsConfig
from kesher.errors import ConfigError

DEFAULT_FILE = Path("kesher.yml")
DEFAULT_DATA_DIR = Path("data")

PeopleField = Literal[
    "full_name",
    "given_name",
    "family_name",
    "email",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "company",
    "job_title",
    "birth_date",
    "national_id",
    "gender",
    "language",
    "updated_at",
]

#: Parts of the configuration whose environment variables only some verbs need.
Part = Literal["sources", "alerts"]

_ENV_NAME = re.compile(r"\$\{([^}]*)\}")
_VALID_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_SECRET_KEY = re.compile(r"secret|token|password|api_key|webhook|credential|url", re.IGNORECASE)
_RESERVED_NAMES = {"kesher", "steward", "sandbox"}


def _moment_text(value: Any) -> Any:
    """Take a date as YAML reads it, or as text, and write it as connectors want it."""
    if isinstance(value, str) and "${" not in value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("a date such as 2024-01-31 or 2024-01-31T00:00:00Z") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


Moment = Annotated[str, BeforeValidator(_moment_text)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StripeSource(_Section):
    """A Stripe account."""

    type: Literal["stripe"]
    client_secret: SecretStr
    start_date: Moment | None = None
    base_url: str | None = None
    timeout_seconds: int | None = Field(default=None, ge=1)
    max_retries: int | None = Field(default=None, ge=0)


class ZendeskSource(_Section):
    """A Zendesk account."""

    type: Literal["zendesk"]
    subdomain: str
    email: str
    api_token: SecretStr
    start_date: Moment | None = None
    base_url: str | None = None
    timeout_seconds: int | None = Field(default=None, ge=1)
    max_retries: int | None = Field(default=None, ge=0)


class MailchimpSource(_Section):
    """A Mailchimp account."""

    type: Literal["mailchimp"]
    api_key: SecretStr
    start_date: Moment | None = None
    base_url: str | None = None
    timeout_seconds: int | None = Field(default=None, ge=1)
    max_retries: int | None = Field(default=None, ge=0)


class HubspotSource(_Section):
    """A HubSpot account."""

    type: Literal["hubspot"]
    access_token: SecretStr
    start_date: Moment | None = None
    base_url: str | None = None
    timeout_seconds: int | None = Field(default=None, ge=1)
    max_retries: int | None = Field(default=None, ge=0)


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


SourceConfig = Annotated[
    StripeSource | ZendeskSource | MailchimpSource | HubspotSource | FilesSource,
    Field(discriminator="type"),
]

VENDORS = ("stripe", "zendesk", "mailchimp", "hubspot")


class SandboxConfig(_Section):
    """The synthetic population that stands in when no sources are configured."""

    people: int = Field(default=2000, ge=1, le=5_000_000)
    seed: int = 7


class DashboardConfig(_Section):
    """Where the dashboard listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=0, le=65535)
    language: Literal["en", "he"] = "en"


class KesherFile(_Section):
    """Everything that `kesher.yml` may say."""

    data_dir: str | None = None
    sources: dict[str, SourceConfig] | None = None
    sandbox: SandboxConfig = SandboxConfig()
    alerts: AlertsConfig = AlertsConfig()
    dashboard: DashboardConfig = DashboardConfig()


@dataclass(frozen=True)
class Config:
    """The configuration as the verbs use it."""

    file: Path | None
    data_dir: Path
    sources: Mapping[str, Mapping[str, Any]] | None = field(repr=False)
    sandbox: SandboxConfig
    alerts: AlertsConfig
    dashboard: DashboardConfig
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)
    literal_secrets: tuple[str, ...] = ()
    data_dir_overridden: bool = False

    @property
    def uses_sandbox(self) -> bool:
        """Tell whether the sources are the synthetic ones."""
        return self.sources is None


def load_config(
    file: Path | None = None,
    data_dir: Path | None = None,
    *,
    needs: frozenset[Part] = frozenset(),
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Read and check the configuration.

    Args:
        file: The file to read. None: `kesher.yml` if there is one here, else the defaults,
            which are the sandbox under `./data`.
        data_dir: Overrides the file's `data_dir`.
        needs: Parts whose environment variables must be set. `kesher status`, say, works
            without the vendors' keys.
        environment: The environment variables; those of this process by default.

    Raises:
        ConfigError: one line for each problem.
    """
    environment = os.environ if environment is None else environment
    if file is None and not DEFAULT_FILE.exists():
        checked, expansion, name = KesherFile(), _Expansion(environment), ""
    else:
        file = file or DEFAULT_FILE
        name = str(file)
        raw = _read_yaml(file)
        expansion = _Expansion(environment)
        expanded = expansion.expand(raw, ())
        problems = [
            f"{name}: {_dotted(path)}: environment variable {variable} is {fault}; "
            f"set it: export {variable}=..."
            for path, variable, fault in expansion.missing
            if path[0] not in ("sources", "alerts") or path[0] in needs
        ]
        problems += [
            f"{name}: {_dotted(path)}: found a ${{...}} that names no environment variable; "
            "expected ${NAME} of letters, digits and underscores"
            for path in expansion.malformed
        ]
        unset = {path for path, _, _ in expansion.missing}
        try:
            checked = KesherFile.model_validate(_without(expanded, unset))
        except ValidationError as error:
            problems += [
                f"{name}: {_problem(details, expansion)}"
                for details in error.errors(include_url=False)
                if tuple(_file_path(details["loc"])) not in unset
            ]
            raise ConfigError(problems) from None
        problems += [f"{name}: {problem}" for problem in _source_problems(checked)]
        if problems:
            raise ConfigError(problems)
    return _config(file if name else None, data_dir, checked, expansion)


def _without(expanded: dict[str, Any], unset: set[tuple[Any, ...]]) -> dict[str, Any]:
    """Leave out what is not whole for lack of an environment variable and can be left out.

    It is an error of its own where it is needed. A `${NAME}` in a source's text settings can stay.
    """
    whole = dict(expanded)
    if any(path[0] == "alerts" for path in unset):
        del whole["alerts"]
    for path in unset:
        if path[-1] in ("timeout_seconds", "max_retries") and path[0] == "sources":
            sources = dict(whole["sources"])
            sources[path[1]] = {k: v for k, v in sources[path[1]].items() if k != path[-1]}
            whole["sources"] = sources
    return whole


def source_settings(source: BaseModel) -> dict[str, Any]:
    """Return a source's settings as its connector takes them, secrets in the clear."""
    settings = {}
    for key, value in source:
        if value is not None:
            settings[key] = value.get_secret_value() if isinstance(value, SecretStr) else value
    return settings


def check_source(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Check one source's settings by its model, e.g. those that the sandbox gives out."""
    wrapped = KesherFile.model_validate({"sources": {settings["type"]: dict(settings)}})
    return source_settings((wrapped.sources or {})[settings["type"]])


def _config(
    file: Path | None, data_dir: Path | None, checked: KesherFile, expansion: _Expansion
) -> Config:
    home = file.parent if file else Path()
    overridden = data_dir is not None
    if data_dir is None:
        # Paths in the file are meant from where the file lies.
        data_dir = home / checked.data_dir if checked.data_dir else DEFAULT_DATA_DIR
    secrets = set(expansion.values)
    literal_secrets = []
    sources: dict[str, Mapping[str, Any]] | None = None
    if checked.sources is not None:
        sources = {}
        for name, source in checked.sources.items():
            settings = source_settings(source)
            for key, value in source:
                if isinstance(value, SecretStr):
                    secrets.add(value.get_secret_value())
                    if ("sources", name, key) not in expansion.expanded:
                        literal_secrets.append(f"sources.{name}.{key}")
            if isinstance(source, FilesSource):
                settings["path"] = str((home / source.path).absolute())
            sources[name] = settings
    secrets.update(_secret_values(checked.alerts))
    return Config(
        file=file,
        data_dir=data_dir.absolute(),
        sources=sources,
        sandbox=checked.sandbox,
        alerts=checked.alerts,
        dashboard=checked.dashboard,
        secrets=frozenset(secrets),
        literal_secrets=tuple(literal_secrets),
        data_dir_overridden=overridden,
    )


def _secret_values(model: BaseModel) -> Iterator[str]:
    for _, value in model:
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secret_values(value)


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake; plain YAML keeps the last silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key} stands twice", problem_mark=key_node.start_mark
                )
            if isinstance(key, str):
                seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            [f"{file}: there is no such file; kesher init writes one to start from"]
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            [f"{file}: found a byte that is not UTF-8 at position {error.start}; expected UTF-8"]
        ) from None
    except OSError as error:
        raise ConfigError([f"{file}: can't be read: {error.strerror or error}"]) from None
    try:
        raw = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError([f"{file}{_yaml_problem(error, text)}"]) from None
    except ValueError as error:
        # What looks like a date but is none, e.g. 2024-13-01.
        raise ConfigError([f"{file}: found a value that can't be: {error}"]) from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigError(
            [f"{file}: found {_kind(raw)}; expected keys such as sources: and data_dir:"]
        )
    return raw


def _yaml_problem(error: yaml.YAMLError, text: str) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f": is not YAML: {str(error).splitlines()[0]}"
    mark = error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    hint = (
        '; inside { } write it in quotes: "${NAME}"'
        if "${" in line and "{" in line.replace("${", "")
        else ""
    )
    return (
        f": line {mark.line + 1}, column {mark.column + 1}: {error.problem or 'is not YAML'}{hint}"
    )


class _Expansion:
    """Replaces `${NAME}` by environment variables and remembers where."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.expanded: set[tuple[Any, ...]] = set()
        self.missing: list[tuple[tuple[Any, ...], str, str]] = []
        self.malformed: list[tuple[Any, ...]] = []
        self.values: set[str] = set()

    def expand(self, value: Any, path: tuple[Any, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self.expand(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.expand(item, (*path, position)) for position, item in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._expand_text(value, path)
        return value

    def _expand_text(self, text: str, path: tuple[Any, ...]) -> str:
        self.expanded.add(path)

        def replacement(match: re.Match[str]) -> str:
            name = match[1].strip()
            if not _VALID_ENV_NAME.match(name):
                self.malformed.append(path)
                return match[0]
            if name not in self._environment:
                self.missing.append((path, name, "not set"))
                return match[0]
            if not self._environment[name].strip():
                self.missing.append((path, name, "empty"))
                return match[0]
            self.values.add(self._environment[name])
            return self._environment[name]

        return _ENV_NAME.sub(replacement, text)


def _source_problems(checked: KesherFile) -> Iterator[str]:
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
            yield f"{key}: found a name that is reserved; expected another one for a list of people"
        elif not _SOURCE_NAME.match(name):
            yield f"{key}: found a name with other signs; expected a-z, 0-9, _, a letter first"


def _file_path(location: tuple[int | str, ...]) -> list[int | str]:
    """Return where a problem stands in the file; pydantic adds the kind of source to its path."""
    path = [part for part in location if part != "[key]"]
    if len(path) > 2 and path[0] == "sources":
        del path[2]
    # Pydantic also names the branch of a union that did not fit, e.g. `str` and `list[str]`.
    return [
        part
        for part in path
        if not (isinstance(part, str) and re.fullmatch(r"str|list\[.*\]", part))
    ]


def _problem(details: ErrorDetails, expansion: _Expansion) -> str:
    location = details["loc"]
    path = _file_path(location)
    key = _dotted(path)
    kind = details["type"]
    if kind == "extra_forbidden":
        return f"{key}: unknown key; {_expected_keys(str(path[-1]), location)}"
    if kind == "missing":
        return f"{key}: found nothing; expected a value, this key is required"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        kinds = [*VENDORS, "files"]
        found = details["ctx"].get("tag") if "ctx" in details else None
        if kind == "union_tag_not_found" or found is None:
            return f"{key}.type: found nothing; expected one of {', '.join(kinds)}"
        return (
            f"{key}.type: found {found}; expected one of {', '.join(kinds)}{_nearest(found, kinds)}"
        )
    if "[key]" in location:
        fields = list(typing.get_args(PeopleField))
        near = _nearest(str(path[-1]), fields)
        return f"{key}: unknown field{near}; expected one of {', '.join(fields)}"
    found = _found(details["input"], path, expansion)
    return f"{key}: found {found}; expected {_expected(details)}"


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "dict_type": "keys and values",
    "list_type": "a list",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "float_type": "a number",
}


def _expected(details: ErrorDetails) -> str:
    if details["type"] in _EXPECTED:
        return _EXPECTED[details["type"]]
    message = details["msg"]
    for opening in ("Input should be ", "Value error, ", "Assertion failed, ", "expected "):
        message = message.removeprefix(opening)
    return message[:1].lower() + message[1:]


def _found(value: Any, path: list[int | str], expansion: _Expansion) -> str:
    from_environment = any(
        tuple(path[:end]) in expansion.expanded for end in range(1, len(path) + 1)
    )
    if from_environment:
        return f"{_kind(value)} from the environment"
    is_secret = any(isinstance(part, str) and _SECRET_KEY.search(part) for part in path)
    if is_secret or isinstance(value, dict | list | types.NoneType):
        return _kind(value)
    shown = str(value)
    return f"{_kind(value)} {shown if len(shown) <= 40 else shown[:40] + '...'}"


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a yes-or-no value"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "a list"
    return "keys and values" if isinstance(value, dict) else f"a {type(value).__name__}"


def _expected_keys(found: str, location: tuple[int | str, ...]) -> str:
    fields = _fields_at(location[:-1])
    return f"expected one of {', '.join(fields)}{_nearest(found, fields)}"


def _nearest(found: str, expected: list[str]) -> str:
    close = difflib.get_close_matches(found.lower(), expected, n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def _fields_at(location: tuple[int | str, ...]) -> list[str]:
    """List the keys that the section at a pydantic location knows."""
    if len(location) >= 3 and location[0] == "sources":
        for source in typing.get_args(typing.get_args(SourceConfig)[0]):
            if typing.get_args(source.model_fields["type"].annotation)[0] == location[2]:
                return list(source.model_fields)
    model: Any = KesherFile
    for part in location:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        found = _model_in(annotation)
        if found is None:
            break
        model = found
    return [about.alias or name for name, about in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (Union, types.UnionType):
        for argument in typing.get_args(annotation):
            if (found := _model_in(argument)) is not None:
                return found
    return None


def _dotted(path: Any) -> str:
    return ".".join(str(part) for part in path)
