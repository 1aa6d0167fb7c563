"""What the owner of a list tells about it: where it is and which column is what."""

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

import orjson
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from connectors.people_fields import PEOPLE_FIELDS

FileFormat = Literal["csv", "parquet", "jsonl", "excel"]

# Marks of direction that spreadsheets put around Hebrew and Arabic headers; nobody types them.
_BIDI_MARKS = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)


def config_error(message: str) -> AirbyteTracedException:
    """An error that the owner of the configuration or of the file can put right."""
    return AirbyteTracedException(
        message=message, internal_message=message, failure_type=FailureType.config_error
    )


def loosely(name: str) -> str:
    """The name of a column without what the eye does not see: case, spaces, direction marks."""
    visible = unicodedata.normalize("NFKC", name).translate(_BIDI_MARKS)
    return " ".join(visible.split()).casefold()


class FilesConfig(BaseModel):
    """The configuration of one list of people."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Files")

    path: str = Field(
        min_length=1,
        title="File",
        description="A file, a folder, or a pattern such as lists/*.csv; ** goes into subfolders.",
    )
    format: FileFormat | None = Field(
        default=None,
        title="Format",
        description="Told from the file's extension unless given here.",
    )
    mapping: dict[str, str] = Field(
        default_factory=dict,
        title="Mapping",
        description=(
            "Our field: their column. Without it, columns that bear the names of our fields are "
            "taken. In JSON Lines and Parquet, address.city reaches into an object. "
            f"Our fields: {', '.join(PEOPLE_FIELDS)}."
        ),
    )
    record_id: str | list[str] | None = Field(
        default=None,
        title="Record id",
        description=(
            "The column, or columns, that tell one person from another for good. Without it, the "
            "id is a hash of the whole row, so that a row which changes is a new record."
        ),
    )
    encoding: str | None = Field(
        default=None, title="Encoding", description="Such as windows-1255; detected if not given."
    )
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        title="Delimiter",
        description="One character between fields of a CSV, or tab; detected if not given.",
    )
    sheet: str | None = Field(
        default=None,
        title="Sheet",
        description="The sheet of an Excel file; the first if not given.",
    )

    since: date | None = Field(
        default=None,
        title="Since",
        description="Reads only files that were written on or after this day (UTC, YYYY-MM-DD).",
    )

    @field_validator("mapping")
    @classmethod
    def _fields_are_ours(cls, mapping: dict[str, str]) -> dict[str, str]:
        unknown = [field for field in mapping if field not in PEOPLE_FIELDS]
        if unknown:
            raise ValueError(
                f"{', '.join(unknown)} is not a field of ours; they are {', '.join(PEOPLE_FIELDS)} "
                "(and record_id, which stands beside mapping)"
            )
        return mapping

    @field_validator("delimiter", mode="before")
    @classmethod
    def _tab_has_a_name(cls, delimiter: Any) -> Any:
        return "\t" if delimiter in ("tab", r"\t") else delimiter

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str | None) -> str | None:
        if encoding is not None:
            try:
                text = "a".encode(encoding).decode(encoding)
            except (LookupError, UnicodeError, ValueError):
                text = ""
            if text != "a":
                raise ValueError(
                    f"{encoding!r} is not an encoding of text; use one such as utf-8, utf-16, "
                    "windows-1255 or windows-1252"
                )
        return encoding

    @property
    def record_id_columns(self) -> tuple[str, ...]:
        """The columns that make up a record's id; none if the row's content is the id."""
        if self.record_id is None:
            return ()
        return (self.record_id,) if isinstance(self.record_id, str) else tuple(self.record_id)

    def is_meant(self, modified_ns: int) -> bool:
        """Whether a file that was written at that time is new enough to be read."""
        if self.since is None:
            return True
        begin = datetime(self.since.year, self.since.month, self.since.day, tzinfo=UTC)
        return modified_ns >= begin.timestamp() * 1e9

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same file would be read in another way."""
        meaning = self.model_dump(exclude={"path", "since"})
        return hashlib.sha256(orjson.dumps(meaning, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def parse_config(config: Mapping[str, Any]) -> FilesConfig:
    """Checks a configuration.

    Args:
        config: as it stands in kesher.yml or in Airbyte; `type` may be there.

    Raises:
        AirbyteTracedException: names every wrong key and what it may be.
    """
    given = {key: value for key, value in config.items() if key != "type"}
    try:
        return FilesConfig.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(
            ".".join(map(str, fault["loc"])) + ": " + fault["msg"].removeprefix("Value error, ")
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise config_error(
            f"The configuration of the files source is not right: {faults}"
        ) from None
