"""Opening a file in whichever format it has."""

from connectors.files.config import FilesConfig
from connectors.files.delimited import DelimitedTable
from connectors.files.excel_rows import ExcelTable
from connectors.files.json_lines import JsonLinesTable
from connectors.files.listing import ListFile, format_of, sha256_of
from connectors.files.parquet_rows import ParquetTable
from connectors.files.rows import Table, UnreadableFileError
from connectors.files.signatures import why_no_text
from connectors.files.text_encoding import survey


def open_table(file: ListFile, config: FilesConfig) -> tuple[Table, str]:
    """Opens a file as a table.

    Returns:
        The table and the hash of the file's content.

    Raises:
        UnreadableFileError: the file as a whole cannot be read.
        AirbyteTracedException: its format is not known.
    """
    file_format = format_of(file.path, config)
    if file_format in ("csv", "jsonl") and (what := why_no_text(file.path)):
        raise UnreadableFileError(f"{file.path} {what}")
    match file_format:
        case "parquet":
            return ParquetTable(file.path), sha256_of(file.path)
        case "excel":
            return ExcelTable(file.path, config.sheet), sha256_of(file.path)
        case "jsonl":
            text = survey(file.path, config.encoding, always_unicode=True)
            return JsonLinesTable(file.path, text), text.sha256
        case _:
            text = survey(file.path, config.encoding)
            wanted = frozenset([*config.mapping.values(), *config.record_id_columns])
            return DelimitedTable(file.path, text, config.delimiter, wanted), text.sha256
