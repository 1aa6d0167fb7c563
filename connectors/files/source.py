"""The source `files`: lists of people, mapped to our fields."""

import logging
from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    Status,
)
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors.files.config import FilesConfig, parse_config
from connectors.files.listing import left_out, list_files, nothing_yet
from connectors.files.people import PersonMapping
from connectors.files.rows import UnreadableFileError
from connectors.files.streams import PeopleStream, RejectedLinesStream
from connectors.files.table import open_table


class FilesSource(AbstractSource):
    """Reads lists of people in CSV, Parquet, JSON Lines and Excel."""

    name = "files"

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:  # noqa: ARG002 - the CDK's
        """What can be configured."""
        schema = FilesConfig.model_json_schema()
        return ConnectorSpecification(connectionSpecification=schema)

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Opens every file and finds the mapped columns in it."""
        try:
            ok, message = self.check_connection(logger, config)
        except AirbyteTracedException as error:
            ok, message = False, error.message
        if ok:
            return AirbyteConnectionStatus(status=Status.SUCCEEDED, message=message)
        return AirbyteConnectionStatus(status=Status.FAILED, message=message)

    def check_connection(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
    ) -> tuple[bool, str | None]:
        """Whether the files can be read, or what is wrong with which, or that none is there yet."""
        parsed = parse_config(config)
        faults: list[str] = []
        doubts: list[str] = []
        files = list_files(parsed)
        if not files:
            return True, nothing_yet(parsed)
        for file in files:
            try:
                table, _ = open_table(file, parsed)
                PersonMapping(parsed, table.columns, table.columns_are_final)
                logger.info(f"{file.path}: {table.describe()}")
                if table.doubt is not None:
                    doubts.append(f"{file.path}: {table.doubt}")
            except UnreadableFileError as error:
                message = str(error)
                faults.append(message if str(file.path) in message else f"{file.path}: {message}")
            except AirbyteTracedException as error:
                faults.append(error.message or str(error))
            except OSError as error:
                faults.append(f"{file.path} cannot be read: {error.strerror or error}")
        if faults:
            return False, "; ".join(faults)
        if unread := left_out(parsed):
            doubts.append(unread)
        return True, "; ".join(doubts) or None

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        """`people` and `rejected_lines`."""
        parsed = parse_config(config)
        return [PeopleStream(parsed), RejectedLinesStream(parsed)]


def create_source(
    config: Mapping[str, Any] | None = None,
    catalog: ConfiguredAirbyteCatalog | None = None,  # noqa: ARG001 - as all sources are made
    state: list[AirbyteStateMessage] | None = None,  # noqa: ARG001
) -> FilesSource:
    """A source over a list of people.

    Raises:
        AirbyteTracedException: the configuration is wrong.
    """
    if config is not None:
        parse_config(config)
    return FilesSource()
