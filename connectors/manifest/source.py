"""The source `manifest`: any HTTP API, out of a folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from importlib.metadata import version
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    FailureType,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.sources.declarative.parsers.manifest_component_transformer import (
    ManifestComponentTransformer,
)
from airbyte_cdk.sources.declarative.partition_routers import SinglePartitionRouter
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.cursor import FinalStateCursor
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from jsonschema.exceptions import ValidationError, best_match  # type: ignore[import-untyped]

from connectors.declarative import (
    LIMIT_PROPERTIES,
    ManifestSource,
    complete_manifest,
    components,
    validate_config,
)
from connectors.manifest.credentials import sent_credentials
from connectors.manifest.folder import (
    LIMITS,
    MANIFEST,
    FolderError,
    SourceFolder,
    day_cursors,
    read_folder,
)
from connectors.manifest.mapping import compile_mapping
from connectors.manifest.whole_pages import WholePages
from connectors.nearest_name import expected_one_of
from connectors.schema_keywords import READ_WHOLE

_OUR_HANDLER = "connectors.errors.VendorErrorHandler"
_THEIR_HANDLER = "connectors.manifest.errors.DeclaredErrorHandler"
_CONFIG_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Manifest",
    "required": ["folder"],
    "properties": {
        "folder": {
            "type": "string",
            "title": "Folder",
            "description": "Where manifest.yaml, mapping.yaml and schemas/ are.",
        },
        "name": {
            "type": "string",
            "title": "Name",
            "description": "What messages call the source; the folder's name if not given.",
        },
        "since": {
            "type": "string",
            "title": "Since",
            "description": "A day (UTC, YYYY-MM-DD): streams with a time as their cursor are read "
            "from then on, whatever the manifest says.",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        },
        "settings": {
            "type": "object",
            "title": "Settings",
            "description": "As the manifest's spec says. All of them are kept out of every output.",
            "airbyte_secret": True,
        },
        "without": {
            "type": "array",
            "title": "Streams left out",
            "description": "Streams that are not read, because the account does not have them, the "
            "key may not read them or nobody needs them.",
            "items": {"type": "string"},
        },
        **LIMIT_PROPERTIES,
    },
}


class FolderSource(ManifestSource):
    """A source out of a folder. Create it with `create_source`."""

    def __init__(
        self,
        folder: SourceFolder,
        vendor: str,
        settings: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog | None,
        state: list[AirbyteStateMessage] | None,
        since: str | None = None,
        without: Sequence[str] = (),
    ) -> None:
        """Makes the streams.

        Args:
            folder: What it is made of.
            vendor: Its name as messages should say it.
            settings: As the manifest's specification says.
            catalog: Which streams to read.
            state: Where to go on from.
            since: The day from which on streams with a time as their cursor are read.
            without: The streams that are not read.
        """
        self._without = frozenset(without)
        self._folder = folder
        self._since = since
        super().__init__(
            folder.path,
            vendor,
            settings,
            catalog,
            state,
            derived_secrets=[value for _, value in folder.secret_values(settings)],
        )

    def _manifest_of(
        self,
        folder: Path,  # noqa: ARG002 - it is read already
        vendor: str,
        config: Mapping[str, Any],
    ) -> dict[str, Any]:
        manifest = deepcopy(dict(self._folder.manifest))
        manifest.setdefault("type", "DeclarativeSource")
        manifest.setdefault("version", version("airbyte-cdk"))
        manifest.setdefault(
            "check", {"type": "CheckStream", "stream_names": list(self._folder.streams)}
        )
        # The references are resolved, so what stands under definitions is there twice.
        manifest.pop("definitions", None)
        manifest = ManifestComponentTransformer().propagate_types_and_parameters("", manifest, {})
        if self._since is not None:
            for cursor in day_cursors(manifest):
                cursor["start_datetime"] = {
                    "type": "MinMaxDatetime",
                    "datetime": f"{self._since}T00:00:00Z",
                    "datetime_format": "%Y-%m-%dT%H:%M:%SZ",
                }
        self._secrets += sent_credentials(manifest, config)
        _set_handlers(manifest, vendor, self._folder)
        for stream in manifest.get("streams", []):
            loader = stream.get("schema_loader") or {"type": "JsonFileSchemaLoader"}
            if loader.get("type") == "JsonFileSchemaLoader":
                schema = self._folder.schemas.get(stream.get("name")) or self._any_schema(stream)
                stream["schema_loader"] = {"type": "InlineSchemaLoader", "schema": dict(schema)}
        manifest.setdefault("streams", [])
        return complete_manifest(manifest, {}, vendor, config)

    def _with_checkpoint(self, stream: AbstractStream) -> AbstractStream:
        """The stream; one that is read whole by pages keeps its place in them."""
        generator = getattr(stream, "_stream_partition_generator", None)
        factory = getattr(generator, "_partition_factory", None)
        key = self._folder.streams.get(stream.name, ())
        placed = WholePages.of(getattr(factory, "_retriever", None), key)
        if (
            placed is None
            or factory is None
            or not isinstance(stream, DefaultStream)
            or not isinstance(stream.cursor, FinalStateCursor)
            or not isinstance(getattr(generator, "_stream_slicer", None), SinglePartitionRouter)
        ):
            return super()._with_checkpoint(stream)
        factory._retriever = placed
        schema = {**stream.get_json_schema(), READ_WHOLE: True}
        return self._around(stream, placed, key[0][0], lambda: schema)

    def _any_schema(self, stream: Mapping[str, Any]) -> dict[str, Any]:
        """A schema that every record fits; it names what the catalog names: key and cursor."""
        names = [path[0] for path in self._folder.streams.get(str(stream.get("name")), ())]
        cursor = stream.get("incremental_sync")
        if isinstance(cursor, dict) and "{{" not in (
            field := str(cursor.get("cursor_field", "{{"))
        ):
            names.append(field)
        properties: dict[str, Any] = {name: {} for name in names}
        return {"type": "object", "additionalProperties": True, "properties": properties}

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        """The keys of the source, with what the manifest asks for under `settings`."""
        specification = super().spec(logger)
        asked = specification.connectionSpecification
        schema = deepcopy(dict(_CONFIG_SCHEMA))
        schema["properties"]["settings"] = {"title": "Settings", **asked}
        if asked.get("required"):
            schema["required"] = [*schema["required"], "settings"]
        specification.connectionSpecification = schema
        return specification

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """The configuration as it is given, not what of it the manifest sees."""
        return Source.configure(self, config, temp_dir)

    def streams(self, config: Mapping[str, Any]) -> list[AbstractStream]:  # noqa: ARG002
        """The manifest's streams, but those that are left out.

        Raises:
            AirbyteTracedException: there is no such stream to leave out.
        """
        streams = super().streams(self._config)
        names = [stream.name for stream in streams]
        # Some manifests' streams are known only when the API has named them.
        problems = [
            f"`without`: found {name}; {expected_one_of(name, names)}"
            for name in sorted(self._without - set(names))
        ]
        if problems:
            raise _error(problems)
        return [stream for stream in streams if stream.name not in self._without]

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:  # noqa: ARG002
        """Asks for one page of every stream, and names those that the key may not read."""
        return super().check(logger, self._config)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:  # noqa: ARG002
        """The catalog."""
        return super().discover(logger, self._config)

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],  # noqa: ARG002
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Records, states and statuses of the catalog's streams.

        Raises:
            AirbyteTracedException: at the end, when a stream failed; the others were read.
        """
        yield from super().read(logger, self._config, catalog, state)


class _NoFolderYet(Source):
    """What there is to say before a folder is named: which keys a configuration has."""

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:  # noqa: ARG002
        """The keys of the source."""
        return ConnectorSpecification(connectionSpecification=dict(_CONFIG_SCHEMA))

    def check(self, *_: Any) -> AirbyteConnectionStatus:
        """Nothing to check."""
        raise _error(["the configuration names no folder"])

    def discover(self, *_: Any) -> AirbyteCatalog:
        """Nothing to discover."""
        raise _error(["the configuration names no folder"])

    def read(self, *_: Any) -> Iterator[AirbyteMessage]:
        """Nothing to read."""
        raise _error(["the configuration names no folder"])


def create_source(
    config: Mapping[str, Any] | None = None,
    catalog: ConfiguredAirbyteCatalog | None = None,
    state: list[AirbyteStateMessage] | None = None,
) -> Source:
    """Makes the source.

    Args:
        config: as `_CONFIG_SCHEMA` says; `None` suffices for `spec`.
        catalog: the streams to read.
        state: where to go on from.

    Raises:
        AirbyteTracedException: the folder is no source, or the settings do not fit it.
    """
    if config is None:
        return _NoFolderYet()
    given = config.get("folder")
    if not isinstance(given, str) or not given:
        raise _error(["`folder` is missing"])
    limits = {key: config[key] for key in LIMITS if config.get(key) is not None}
    settings = {**limits, **(config.get("settings") or {})}
    without = config.get("without") or ()
    try:
        folder = read_folder(Path(given))
        compile_mapping(folder)
        problems = [f"settings.{problem}" for problem in folder.setting_problems(settings)]
        problems += folder.stream_problems(without)
        if problems:
            raise FolderError(problems)
    except FolderError as error:
        raise _error(error.problems) from None
    try:
        source = FolderSource(
            folder,
            str(config.get("name") or folder.path.name),
            settings,
            catalog,
            state,
            config.get("since"),
            without,
        )
        validate_config(source, {**config, "settings": config.get("settings") or {}})
        source.streams(settings)
    except ValidationError as error:
        raise _error([f"{folder.path / MANIFEST}: {_fault(error)}"]) from None
    except AirbyteTracedException:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        for _, secret in folder.secret_values(settings):
            reason = reason.replace(secret, "****")
        raise _error(
            [
                f"{folder.path / MANIFEST}: airbyte-cdk {version('airbyte-cdk')} can't use it: "
                f"{reason[:400]}"
            ]
        ) from None
    return source


def _set_handlers(manifest: dict[str, Any], vendor: str, folder: SourceFolder) -> None:
    """Give every requester the manners of our own connectors."""
    no_json = {
        id(retriever.get("requester"))
        for kind in ("SimpleRetriever", "AsyncRetriever")
        for retriever in components(manifest, kind)
        if retriever.get("decoder", {}).get("type", "JsonDecoder") != "JsonDecoder"
    }
    properties = folder.specification.get("properties", {})
    secret = [
        f"settings.{name}" for name, about in properties.items() if about.get("airbyte_secret")
    ]
    for requester in components(manifest, "HttpRequester"):
        declared = requester.get("error_handler")
        requester["error_handler"] = {
            "type": "CustomErrorHandler",
            "class_name": _THEIR_HANDLER if declared else _OUR_HANDLER,
            "vendor": vendor,
            "credential": "`, `".join(secret) or "settings",
            "permission_hint": f"Grant it to the key in the settings of {vendor}.",
            "account_hint": f"Check the addresses in {folder.path / MANIFEST} and `settings`.",
            "expects_json": id(requester) not in no_json,
            **({"declared": declared} if declared else {}),
        }


def _fault(error: ValidationError) -> str:
    """Say what airbyte-cdk's schema of manifests holds against one, and where."""
    cause = error.__cause__ if isinstance(error.__cause__, ValidationError) else error
    while cause.context:
        # One branch for each kind of component that may stand here.
        branches: dict[Any, list[ValidationError]] = {}
        for inner in cause.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        wrong_type = {
            branch: found
            for branch, errors in branches.items()
            for found in errors
            if list(found.relative_path) == ["type"] and found.validator == "enum"
        }
        if len(wrong_type) == len(branches):
            kinds = [str(kind) for found in wrong_type.values() for kind in found.validator_value]
            found = next(iter(wrong_type.values()))
            return f"{_place(found)}: found {found.instance}; " + expected_one_of(
                str(found.instance), [kind for kind in kinds if not kind.startswith("Custom")]
            )
        cause = best_match(
            inner
            for branch, errors in branches.items()
            if branch not in wrong_type
            for inner in errors
        )
    return f"{_place(cause)}: {' '.join(cause.message.split())[:300]}"


def _place(error: ValidationError) -> str:
    place = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    return place.lstrip(".") or "manifest"


def _error(problems: list[str]) -> AirbyteTracedException:
    message = "; ".join(problems)
    return AirbyteTracedException(
        message=message, internal_message=message, failure_type=FailureType.config_error
    )
