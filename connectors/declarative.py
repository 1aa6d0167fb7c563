"""A folder with a manifest made into an Airbyte source.

A connector's folder holds `manifest.yaml` and `schemas/<stream>.json`. What every connector must
have is added here, so that no manifest can forget it: schemas, timeouts, the error handler, and a
`check` that asks for every stream and names what is missing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    FailureType,
    Status,
    SyncMode,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)
from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString
from airbyte_cdk.sources.declarative.models.declarative_component_schema import (
    HttpRequester as HttpRequesterModel,
)
from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.utils import airbyte_secrets_utils as secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors.checkpoint import Checkpoint, CheckpointedRetriever
from connectors.errors import (
    CONNECT_TIMEOUT_SECONDS,
    MAX_RETRIES,
    PATIENCE_SECONDS,
    READ_TIMEOUT_SECONDS,
    VendorError,
)
from connectors.literals_one_by_one import evaluate_one_by_one
from connectors.secret_forms import written_forms
from connectors.sending import SourceBudget, VendorClient, mannerly

DEFAULT_CONCURRENCY = 4
"""Requests at once where neither manifest nor configuration says."""
SHORTEST_SECRET = 4
"""Characters that a text must have to be masked as a secret."""
LIMIT_PROPERTIES: Mapping[str, Any] = {
    "timeout_seconds": {
        "type": "number",
        "title": "Read timeout (seconds)",
        "description": "How long the vendor may stay silent before a request counts as failed.",
        "exclusiveMinimum": 0,
        "default": READ_TIMEOUT_SECONDS,
    },
    "max_retries": {
        "type": "integer",
        "title": "Retries",
        "description": "How often a failed request is made again before the stream fails.",
        "minimum": 0,
        "default": MAX_RETRIES,
    },
    "patience_seconds": {
        "type": "number",
        "title": "Patience (seconds)",
        "description": "How long one request is waited for in all, what the vendor asks to wait "
        "included, before the stream fails.",
        "minimum": 0,
        "default": PATIENCE_SECONDS,
    },
    "max_concurrency": {
        "type": "integer",
        "title": "Requests at once",
        "description": "How many requests of this source may be under way at the same time.",
        "minimum": 1,
        "maximum": 50,
    },
}
"""Added to the specification of every connector that is loaded from a folder."""


@cache
def _read_folder(folder: Path) -> dict[str, Any]:
    text = (folder / "manifest.yaml").read_text("utf-8")
    # libyaml, where it is there, reads ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    manifest: dict[str, Any] = yaml.load(text, loader)  # noqa: S506 - either is a safe one
    schemas = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in sorted((folder / "schemas").glob("*.json"))
    }
    return {"manifest": manifest, "schemas": schemas}


def load_manifest(folder: Path, vendor: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The folder's manifest, complete: schemas inlined, timeouts and error handlers set.

    Args:
        folder: holds `manifest.yaml` and `schemas/<stream>.json`.
        vendor: the vendor's name for error messages.
        config: for `timeout_seconds`; may be empty.
    """
    content = deepcopy(_read_folder(folder))
    return complete_manifest(content["manifest"], content["schemas"], vendor, config)


def complete_manifest(
    manifest: dict[str, Any], schemas: Mapping[str, Any], vendor: str, config: Mapping[str, Any]
) -> dict[str, Any]:
    """A manifest with its schemas inlined, timeouts and error handlers set; changed in place.

    Args:
        manifest: its references are resolved and its components bear their types.
        schemas: JSON schemas by stream.
        vendor: the vendor's name for error messages.
        config: for `timeout_seconds`; may be empty.
    """
    timeout = config.get("timeout_seconds", READ_TIMEOUT_SECONDS)
    for part in components(manifest, "HttpRequester"):
        part.setdefault("connect_timeout_in_seconds", min(CONNECT_TIMEOUT_SECONDS, timeout))
        part.setdefault("read_timeout_in_seconds", timeout)
        part.setdefault(
            "error_handler",
            {
                "type": "CustomErrorHandler",
                "class_name": "connectors.errors.VendorErrorHandler",
                "vendor": vendor,
            },
        )
    for part in manifest["streams"]:
        name = part.get("name")
        if "schema_loader" not in part and name in schemas:
            part["schema_loader"] = {"type": "InlineSchemaLoader", "schema": schemas[name]}
    properties = manifest["spec"]["connection_specification"].setdefault("properties", {})
    for key, value in LIMIT_PROPERTIES.items():
        properties.setdefault(key, dict(value))
    _leave_out(manifest, properties, config.get("without") or ())
    level = manifest.setdefault("concurrency_level", {"type": "ConcurrencyLevel"})
    at_once = level.setdefault("default_concurrency", DEFAULT_CONCURRENCY)
    if isinstance(at_once, int):
        properties["max_concurrency"].setdefault("default", at_once)
    if "max_concurrency" in config:
        # Threads; a source with fewer than two would wait for itself.
        level["default_concurrency"] = max(2, config["max_concurrency"])
        level["max_concurrency"] = max(
            level["default_concurrency"], level.get("max_concurrency") or 2
        )
    return manifest


def _leave_out(
    manifest: dict[str, Any], properties: dict[str, Any], without: Sequence[str]
) -> None:
    """Takes streams out of a manifest, and says in its specification which there are."""
    names = [stream.get("name") for stream in manifest["streams"]]
    properties.setdefault(
        "without",
        {
            "type": "array",
            "title": "Streams left out",
            "description": "Streams that are not read, because the account does not have them, the "
            "key may not read them or nobody needs them.",
            "items": {"type": "string", "enum": names},
        },
    )
    manifest["streams"] = [
        stream for stream in manifest["streams"] if stream.get("name") not in without
    ]


def components(node: Any, component_type: str) -> Iterator[dict[str, Any]]:
    """Every component of a type in a manifest."""
    if isinstance(node, dict):
        if node.get("type") == component_type:
            yield node
        for value in node.values():
            yield from components(value, component_type)
    elif isinstance(node, list):
        for value in node:
            yield from components(value, component_type)


def _at_once(manifest: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    """How many requests may be under way, as the configuration says, else the manifest."""
    said = config.get("max_concurrency") or manifest["concurrency_level"]["default_concurrency"]
    if isinstance(said, str):
        said = InterpolatedString.create(said, parameters={}).eval(config)
    return max(1, int(said))


class ManifestSource(ConcurrentDeclarativeSource):
    """A source from a folder. Create it with `load_source`."""

    def __init__(
        self,
        folder: Path,
        vendor: str,
        config: Mapping[str, Any] | None,
        catalog: ConfiguredAirbyteCatalog | None,
        state: list[AirbyteStateMessage] | None,
        derived_secrets: Sequence[str] = (),
    ) -> None:
        evaluate_one_by_one()
        self._vendor = vendor
        self._secrets = list(derived_secrets)
        self._retrievers: dict[str, CheckpointedRetriever] = {}
        self._full_refresh = {
            entry.stream.name
            for entry in (catalog.streams if catalog else [])
            if entry.sync_mode == SyncMode.full_refresh
        }
        self._named = {entry.stream.name for entry in (catalog.streams if catalog else [])}
        manifest = self._manifest_of(folder, vendor, config or {})
        self._budget = SourceBudget(_at_once(manifest, config or {}))
        super().__init__(
            catalog=catalog or ConfiguredAirbyteCatalog(streams=[]),
            config=config or {},
            state=state or [],
            source_config=manifest,
        )
        self._make_requesters_mannerly()
        self._hide_secrets()

    def _manifest_of(self, folder: Path, vendor: str, config: Mapping[str, Any]) -> dict[str, Any]:
        return load_manifest(folder, vendor, config)

    def _make_requesters_mannerly(self) -> None:
        # Every requester that the manifest names, at any depth, is made by this one function.
        constructors = dict(self._constructor.PYDANTIC_MODEL_TO_CONSTRUCTOR)
        make = constructors[HttpRequesterModel]

        # The factory looks up that `name` is asked for by keyword.
        def make_mannerly(*args: Any, name: str, **kwargs: Any) -> HttpRequester:
            return mannerly(make(*args, name=name, **kwargs), self._budget)

        constructors[HttpRequesterModel] = make_mannerly
        self._constructor.PYDANTIC_MODEL_TO_CONSTRUCTOR = constructors

    @property
    def name(self) -> str:
        """The vendor's name in lower case, for loggers."""
        return self._vendor.lower() if hasattr(self, "_vendor") else type(self).__name__

    def _hide_secrets(self) -> None:
        """Masks every secret in logs and errors, also where no Airbyte entrypoint did so."""
        if self._spec_component is None:
            return
        schema = self._spec_component.connection_specification
        known = secrets.get_secrets(schema, dict(self._config)) if self._config else []
        # A short text is no key, and masking it would garble every message that holds it.
        texts = {
            form
            for secret in [*known, *self._secrets]
            if isinstance(secret, str) and len(secret) >= SHORTEST_SECRET
            for form in written_forms(secret)
        }
        # The longest first: what holds another one would be masked in part only.
        for text in sorted(texts, key=len, reverse=True):
            # The entrypoint sets a list of its own, so what is masked already is looked up anew.
            if secrets.filter_secrets(text) == text:
                secrets.add_to_secrets(text)

    def streams(self, config: Mapping[str, Any]) -> list[AbstractStream]:
        """The manifest's streams; those that keep their own state get their checkpoint here."""
        return [self._with_checkpoint(stream) for stream in super().streams(config)]

    def _with_checkpoint(self, stream: AbstractStream) -> AbstractStream:
        # The factory knows only its own two kinds of cursors, so the stream it made is made again
        # around the retriever's checkpoint. There is no public way to the retriever.
        generator = getattr(stream, "_stream_partition_generator", None)
        retriever = getattr(getattr(generator, "_partition_factory", None), "_retriever", None)
        if (
            generator is None
            or not isinstance(stream, DefaultStream)
            or not isinstance(retriever, CheckpointedRetriever)
        ):
            return stream
        self._retrievers[stream.name] = retriever
        return self._around(stream, retriever, retriever.cursor_field, stream.get_json_schema)

    def _around(
        self,
        stream: DefaultStream,
        retriever: Any,
        cursor_field: str,
        json_schema: Callable[[], Mapping[str, Any]],
    ) -> AbstractStream:
        """A stream made again around the checkpoint of its retriever, which is set here."""
        checkpoint = Checkpoint(
            stream.name,
            cursor_field,
            self._connector_state_manager,
            self._message_repository,
            from_scratch=stream.name in self._full_refresh,
        )
        retriever.checkpoint = checkpoint
        for part in vars(retriever).values():
            client = getattr(part, "_http_client", None)
            if isinstance(client, VendorClient):
                client.before_waiting = checkpoint.flush
        return DefaultStream(
            partition_generator=stream._stream_partition_generator,
            name=stream.name,
            json_schema=json_schema,
            primary_key=stream._primary_key,
            cursor_field=checkpoint.cursor_field,
            logger=logging.getLogger(f"airbyte.{self.name}.{stream.name}"),
            cursor=checkpoint,
        )

    def check(
        self,
        logger: logging.Logger,  # noqa: ARG002
        config: Mapping[str, Any],
    ) -> AirbyteConnectionStatus:
        """Asks for one page of every stream; if the source has a catalog, of every one in that.

        Stops at what would fail for all streams (wrong key, vendor down); collects the streams
        that the key may not read, or that the account does not have though it has others.
        """
        self._hide_secrets()
        refused = []
        is_known = False
        try:
            for stream in self.streams(config):
                if self._named and stream.name not in self._named:
                    continue
                try:
                    self._first_page(stream)
                    is_known = True
                except VendorError as error:
                    if error.status != 403 and not (is_known and error.status in (400, 404)):
                        raise
                    refused.append(f"{stream.name}: {error}")
        except AirbyteTracedException as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=str(error))
        if refused:
            return AirbyteConnectionStatus(status=Status.FAILED, message="\n".join(refused))
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def _first_page(self, stream: AbstractStream) -> None:
        if retriever := self._retrievers.get(stream.name):
            # Not the first record: in an account without any, that could take a request for each
            # of many parents.
            next(iter(retriever.read_pages()), None)
            return
        for partition in stream.generate_partitions():
            next(iter(partition.read()), None)
            break

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """The catalog: every stream with its schema, primary key and cursor."""
        self._hide_secrets()
        return super().discover(logger, config)

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Records, states and statuses of the catalog's streams.

        Raises:
            AirbyteTracedException: at the end, when a stream failed; the others were read.
        """
        self._hide_secrets()
        yield from super().read(logger, config, catalog, state)


def load_source(
    folder: Path,
    vendor: str,
    config: Mapping[str, Any] | None = None,
    catalog: ConfiguredAirbyteCatalog | None = None,
    state: list[AirbyteStateMessage] | None = None,
    derived_secrets: Sequence[str] = (),
) -> ManifestSource:
    """Makes the source of a connector's folder.

    Args:
        folder: holds `manifest.yaml` and `schemas/`.
        vendor: its name as messages should say it, e.g. "Stripe".
        config: as its specification says; `None` suffices for `spec`.
        catalog: which streams to read; `None` for anything but `read`.
        state: where to go on from.
        derived_secrets: further texts to mask, e.g. a Basic header's content.

    Raises:
        AirbyteTracedException: the configuration does not fit the specification.
    """
    source = ManifestSource(folder, vendor, config, catalog, state, derived_secrets)
    if config is not None:
        validate_config(source, config)
    return source


def validate_config(source: ConcurrentDeclarativeSource, config: Mapping[str, Any]) -> None:
    """Holds a configuration against the source's specification.

    Raises:
        AirbyteTracedException: names the key, what is wrong with it and what is expected, without
            quoting a value.
    """
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]

    specification = source.spec(logging.getLogger("airbyte")).connectionSpecification
    problems = list(_problems(Draft7Validator(specification).iter_errors(dict(config))))
    if problems:
        raise AirbyteTracedException(
            message="The configuration does not fit: " + "; ".join(problems) + ".",
            internal_message="configuration does not fit the specification",
            failure_type=FailureType.config_error,
        )


def _problems(errors: Iterable[Any]) -> Iterator[str]:
    for error in sorted(errors, key=lambda found: [str(step) for step in found.absolute_path]):
        key = ".".join(str(step) for step in error.absolute_path)
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield ", ".join(f"`{name}` is missing" for name in missing)
        elif error.validator == "type":
            yield f"`{key}` must be of type {error.validator_value}, not {_kind(error.instance)}"
        elif error.validator == "pattern":
            hint = error.schema.get("pattern_descriptor", error.validator_value)
            yield f"`{key}` must look like {hint}"
        elif error.validator == "enum":
            allowed = ", ".join(str(value) for value in error.validator_value)
            yield f"`{key}` must be one of {allowed}"
        elif error.validator == "additionalProperties":
            known = set(error.schema.get("properties", {}))
            unknown = sorted(name for name in error.instance if name not in known)
            yield ", ".join(f"`{name}` is not a key of this source" for name in unknown)
        else:
            yield f"`{key}` breaks its rule {error.validator}: {error.validator_value}"


def _kind(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}
    return names.get(type(value), "null" if value is None else "number")
