"""The two streams of a list: its people, and the lines that are none."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from airbyte_cdk.models import SyncMode
from airbyte_cdk.sources.streams import CheckpointMixin, Stream
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from connectors.files.config import FilesConfig, config_error
from connectors.files.listing import (
    ListFile,
    has_changed,
    left_out,
    list_files,
    nothing_yet,
    sha256_of,
)
from connectors.files.people import PersonMapping
from connectors.files.rows import RejectedLine, Row, Table, UnreadableFileError, rejected
from connectors.files.table import open_table
from connectors.user_warnings import FOR_USER

_NO_ID = "the columns of the record id are empty"


class FileStream(Stream, CheckpointMixin):
    """A stream that reads every file of a list once, and a file that changed once more.

    The state says, for each file that was read to its end, its size, time and hash, and the same
    with how many rows were read of the one that is being read. When all files were read it names
    them as `parts`, each with what stands for its content: a record that came from a file which is
    gone, or from another content of it, is gone unless it came from one of them too (see
    `connectors.schema_keywords.PARTS`).

    When the mapping changed, the whole list is read anew, which `reading` tells meanwhile, and
    `full_read_at` when that is complete.

    A file that cannot be read does not keep the others from being read; the stream then fails.
    So it does when files were read and now there is none at all: a folder that is not mounted looks
    like that, and nobody is to be taken for deleted because of it.
    """

    has_multiple_slices = True
    state_checkpoint_interval = 2_000

    def __init__(self, config: FilesConfig) -> None:
        self._config = config
        self._state: dict[str, Any] = {}
        self._within: dict[str, Any] | None = None
        self._rows = 0
        self._failures: list[str] = []
        self._whole_list = False
        self._there: set[str] = set()

    @property
    def cursor_field(self) -> str:
        """When the file of a record was last written."""
        return "file_modified_at"

    @property
    def state(self) -> MutableMapping[str, Any]:
        """The files that were read, and how; what is in it is never changed, only replaced."""
        if self._within is None:
            return dict(self._state)
        return {**self._state, "within": {**self._within, "rows": self._rows}}

    @state.setter
    def state(self, value: MutableMapping[str, Any]) -> None:
        self._state = deepcopy(dict(value))

    @cache  # noqa: B019 - a source has two streams, which live as long as it does
    def get_json_schema(self) -> Mapping[str, Any]:
        """The stream's JSON schema."""
        path = Path(__file__).parent / "schemas" / f"{self.name}.json"
        schema: Mapping[str, Any] = orjson.loads(path.read_bytes())
        return schema

    def stream_slices(
        self,
        *,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Iterable[Mapping[str, Any]]:
        """One slice a file that is to be read, and one that ends the list.

        Raises:
            AirbyteTracedException: there are no files where they should be.
        """
        self._failures = []
        files = list_files(self._config)
        seen: Mapping[str, Any] = self._state.get("files", {})
        if seen and not files and sync_mode == SyncMode.incremental:
            raise config_error(
                f"{self._config.path}: all of the {len(seen):,} files that were read are gone. Is "
                "the folder the right one, and mounted? Nobody is taken for deleted; if they are "
                "gone for good, read the source with kesher sync --full-refresh"
            )
        if not files:
            self.logger.warning(nothing_yet(self._config), extra=FOR_USER)
        if unread := left_out(self._config):
            self.logger.warning(unread, extra=FOR_USER)
        self._there = {file.name for file in files}
        place = self._state.pop("within", None)
        files = [file for file in files if self._config.is_meant(file.modified_ns)]
        changed = [file for file in files if has_changed(file, seen.get(file.name))]
        is_as_it_was = (
            sync_mode == SyncMode.incremental
            and self._state.get("config") == self._config.fingerprint
            and ("parts" in self._state or "reading" in self._state)
        )
        goes_on = is_as_it_was and "reading" in self._state
        self._whole_list = goes_on or not is_as_it_was
        if goes_on:
            self.logger.info(f"{self._config.path}: going on with the reading of all of it")
        elif self._whole_list:
            if seen:
                self.logger.info(f"{self._config.path}: is read in another way; reading all")
            # Tells one whole read from the next; nothing is ever compared with it by time.
            since = datetime.now(UTC).isoformat()
            self._state = {"config": self._config.fingerprint, "reading": {"since": since}}
            changed, place = files, None
        elif not changed:
            self.logger.info(f"{self._config.path}: not changed since it was read")
        for file in changed:
            yield {"file": file, "rows": _rows_read(file, place)}
        yield {}

    def read_records(
        self,
        sync_mode: SyncMode,  # noqa: ARG002
        cursor_field: list[str] | None = None,  # noqa: ARG002
        stream_slice: Mapping[str, Any] | None = None,
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Iterable[Mapping[str, Any]]:
        """Reads one file, or ends the list.

        Raises:
            AirbyteTracedException: at the end of the list, if files could not be read.
        """
        file: ListFile | None = (stream_slice or {}).get("file")
        if file is None:
            self._end()
            return
        self._rows = int((stream_slice or {}).get("rows") or 0)
        if self._rows:
            self.logger.info(f"{file.path}: going on after row {self._rows:,}")
        try:
            table, sha256 = open_table(file, self._config)
            version = _version(sha256)
            facts = {"size": file.size, "modified_ns": file.modified_ns, "sha256": sha256}
            self._within = {"file": file.name, **facts}
            mapping = PersonMapping(self._config, table.columns, table.columns_are_final)
            self.logger.info(f"{file.path}: {table.describe()}")
            if table.doubt is not None:
                self.logger.warning(f"{file.path}: {table.doubt}", extra=FOR_USER)
            for record in self._records(file, table, mapping):
                yield {**record, "file_version": version}
            if not table.columns_are_final:
                mapping.check_after_reading(table.columns)
            if not file.is_still():
                raise UnreadableFileError(f"{file.path} changed while it was read: run again")
        except UnreadableFileError as error:
            message = str(error)
            named = str(file.path) in message
            self._failures.append(message if named else f"{file.path}: {message}")
        except AirbyteTracedException as error:
            self._failures.append(error.message or str(error))
        except OSError as error:
            self._failures.append(f"{file.path} cannot be read: {error.strerror or error}")
        else:
            self._state["files"] = {**self._state.get("files", {}), file.name: facts}
        finally:
            self._within = None

    def _end(self) -> None:
        if self._failures:
            raise config_error("; ".join(self._failures))
        read = self._state.get("files", {})
        files = {name: facts for name, facts in read.items() if name in self._there}
        whole_at = self._state.get("full_read_at")
        if self._whole_list:
            whole_at = self._state["reading"]["since"]
        self._state = {
            "config": self._config.fingerprint,
            "files": files,
            "parts": [[name, _version(facts["sha256"])] for name, facts in files.items()],
            **({"full_read_at": whole_at} if whole_at else {}),
        }

    def _rows_of(self, table: Table) -> Iterator[Row | RejectedLine]:
        """The rows that are not read yet; each is counted before it is given."""
        behind = self._rows
        for position, row in enumerate(table.rows(), start=1):
            if position > behind:
                self._rows = position
                yield row

    @abstractmethod
    def _records(
        self, file: ListFile, table: Table, mapping: PersonMapping
    ) -> Iterator[Mapping[str, Any]]:
        """The records of this stream in one file."""


class PeopleStream(FileStream):
    """One record a person."""

    name = "people"
    primary_key = "record_id"

    def _records(
        self, file: ListFile, table: Table, mapping: PersonMapping
    ) -> Iterator[Mapping[str, Any]]:
        modified_at = _iso(file)
        people = rejects = 0
        for row in self._rows_of(table):
            person = None if isinstance(row, RejectedLine) else mapping.person(row[1])
            if person is None:
                rejects += 1
                continue
            people += 1
            person["file"] = file.name
            person["file_modified_at"] = modified_at
            yield person
        told = f"{file.path}: {people:,} people, {rejects:,} rejected lines"
        if rejects or not people:
            self.logger.warning(told)
        else:
            self.logger.info(told)


class RejectedLinesStream(FileStream):
    """One record a line that is no person: kept as it is, with the reason."""

    name = "rejected_lines"
    primary_key = ["file", "line_number"]  # noqa: RUF012 - the CDK's own way to say it

    def _records(
        self, file: ListFile, table: Table, mapping: PersonMapping
    ) -> Iterator[Mapping[str, Any]]:
        modified_at = _iso(file)
        for row in self._rows_of(table):
            line = _without_id(row, mapping)
            if line is not None:
                yield {
                    "file": file.name,
                    "line_number": line.line_number,
                    "raw": line.raw,
                    "reason": line.reason,
                    "file_modified_at": modified_at,
                }


def _rows_read(file: ListFile, place: Mapping[str, Any] | None) -> int:
    """How many rows of a file an interrupted reading gave, if the file is still the same."""
    if not place or place.get("file") != file.name:
        return 0
    is_same = (
        (place.get("size"), place.get("modified_ns")) == (file.size, file.modified_ns)
        # Some programs set the time of what they copy: a place in another content is none.
        and place.get("sha256") == sha256_of(file.path)
    )
    return int(place.get("rows") or 0) if is_same else 0


def _without_id(row: Row | RejectedLine, mapping: PersonMapping) -> RejectedLine | None:
    if isinstance(row, RejectedLine):
        return row
    number, values = row
    if mapping.has_id(values):
        return None
    raw = orjson.dumps(values, default=str).decode()
    return rejected(number, raw, _NO_ID)


def _version(sha256: str) -> str:
    return sha256[:16]


def _iso(file: ListFile) -> str:
    return datetime.fromtimestamp(file.modified_ns / 1e9, tz=UTC).isoformat(timespec="microseconds")
