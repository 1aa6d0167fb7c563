"""CSV: nothing that a list can hold is lost, whatever it is written with."""

import csv
import io
import logging
from pathlib import Path

import pytest
from files_source import check, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.files.delimited import DelimitedTable
from connectors.files.rows import FIELD_LIMIT, RejectedLine
from connectors.files.text_encoding import survey

HEBREW = (
    "שם מלא,דואר,עיר\nדוד כהן,david@example.co.il,חיפה\nרחל לוי-ברק,rachel@example.co.il,תל אביב\n"
)
MAPPING = {"full_name": "name", "email": "email"}

# Everything a text can hold but lone surrogates, which no encoding has, leaning to what hurts.
hostile = st.text(
    st.one_of(
        st.sampled_from("\",;\t|\n\r\x00 '\u200f\u200e\u202eאבגשםéß漢😀\ufeff\\"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


def table_of(path: Path, delimiter: str | None = None) -> DelimitedTable:
    return DelimitedTable(path, survey(path, None), delimiter, frozenset())


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(hostile, hostile, hostile), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_writes_is_read_back_as_it_was(
    tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str, line_end: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(["one", "two", "three"])
    writer.writerows(rows)
    path = tmp_path / "list.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    read_back = list(table_of(path).rows())
    assert [row for row in read_back if isinstance(row, RejectedLine)] == []
    assert [tuple(row[1][c] or "" for c in ("one", "two", "three")) for row in read_back] == rows


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=300))
def test_every_line_of_any_bytes_is_either_a_record_or_rejected(
    tmp_path: Path, body: bytes
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"one,two\nx,y\n" + body)
    table = DelimitedTable(path, survey(path, "utf-8"), ",", frozenset())
    rows = list(table.rows())
    numbers = [row.line_number if isinstance(row, RejectedLine) else row[0] for row in rows]
    assert numbers == sorted(set(numbers))
    assert rows[0] == (2, {"one": "x", "two": "y"})
    for row in rows:
        if isinstance(row, RejectedLine):
            row.raw.encode()
            assert row.reason
    assert len(rows) >= 1 + bool(body.strip(b"\r\n"))


@pytest.mark.parametrize(
    ("codec", "stated"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("windows-1255", "windows-1255"),
    ],
)
def test_hebrew_is_read_in_every_encoding_that_lists_come_in(
    tmp_path: Path, codec: str, stated: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(HEBREW.encode(codec))
    config = {"path": str(path), "mapping": {"full_name": "שם מלא", "city": "עיר"}}
    with caplog.at_level(logging.INFO):
        result = read(config)
    assert [r["full_name"] for r in result.records] == ["דוד כהן", "רחל לוי-ברק"]
    assert [r["city"] for r in result.records] == ["חיפה", "תל אביב"]
    assert f"encoding {stated} (" in caplog.text
    assert "delimiter ',' (detected)" in caplog.text


@pytest.mark.parametrize(
    ("codec", "names"),
    [
        (
            "windows-1252",
            ["François Lefèvre", "Jürgen Müller", "Åsa Öberg", "José Núñez", "Zoë Brönte"],
        ),
        ("windows-1251", ["Иван Петров", "Мария Сидорова", "Юлия Щукина", "Яков Эйдельман"]),
        (
            "windows-1250",
            ["Łukasz Święcicki", "Żaneta Wójcik", "Stanisław Gąsior", "Grażyna Źdźbło"],
        ),
    ],
)
def test_other_legacy_encodings_are_told_apart(
    tmp_path: Path, codec: str, names: list[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        ("name;email\n" + "".join(f"{n};x@example.com\n" for n in names)).encode(codec)
    )
    result = read({"path": str(path), "mapping": MAPPING})
    assert [r["full_name"] for r in result.records] == names


def test_a_damaged_utf8_file_stays_utf8_and_only_its_damaged_line_is_rejected(
    tmp_path: Path,
) -> None:
    path = tmp_path / "list.csv"
    good = "".join(f"דוד {n},d{n}@example.com\n" for n in range(50)).encode()
    path.write_bytes(b"name,email\n" + good + b"\xff\xfebroken,b@example.com\n" + good)
    config = {"path": str(path), "mapping": MAPPING, "record_id": "email"}
    assert len(read(config).records) == 100
    (line,) = read(config, "rejected_lines").records
    assert line["line_number"] == 52
    assert line["raw"] == "\\xff\\xfebroken,b@example.com"
    assert "0xff" in line["reason"]


def test_broken_lines_are_kept_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        b"name,email\n"
        b"Ann,ann@example.com\n"
        b"too,many,fields\n"
        b"few\n"
        b"\n"
        b'"opened, never closed\n'
        b'"Bob","bob@example.com"\n'
        b'"Eve" x,eve@example.com\n'
        b'"two\nlines",two@example.com\n'
        b",nobody@example.com\n"
        b'last,"open at the end\n'
    )
    config = {"path": str(path), "mapping": MAPPING}
    names = [r["full_name"] for r in read(config).records]
    assert names == ["Ann", "Bob", "two\nlines", None]
    lines = read(config, "rejected_lines").records
    assert [(r["line_number"], r["raw"]) for r in lines] == [
        (3, "too,many,fields"),
        (4, "few"),
        (6, '"opened, never closed'),
        (8, '"Eve" x,eve@example.com'),
        (12, 'last,"open at the end'),
    ]
    assert "3 fields, where the header has 2" in lines[0]["reason"]
    assert "closing quote" in lines[2]["reason"]
    assert "never closed" in lines[4]["reason"]
    assert {r["file"] for r in lines} == {"list.csv"}


def test_a_field_over_the_limit_is_rejected_and_a_long_one_below_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"name,email\n{'a' * FIELD_LIMIT},ok\n{'b' * (FIELD_LIMIT + 1)},no\nc,ok\n")
    config = {"path": str(path), "mapping": MAPPING}
    assert [len(r["full_name"]) for r in read(config).records] == [FIELD_LIMIT, 1]
    (line,) = read(config, "rejected_lines").records
    assert line["line_number"] == 3
    assert "1,048,577" in line["reason"]


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"name,email\n" + b"x" * (20 * 1024 * 1024) + b"\nAnn,ann@example.com\n")
    config = {"path": str(path), "mapping": MAPPING}
    assert [r["full_name"] for r in read(config).records] == ["Ann"]
    (line,) = read(config, "rejected_lines").records
    assert line["line_number"] == 2
    assert len(line["raw"]) == 1024 * 1024


def test_a_quote_that_never_closes_costs_one_line_only(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    rest = "".join(f"p{n},p{n}@example.com\n" for n in range(3000))
    path.write_text('name,email\n"Ann,ann@example.com\n' + rest)
    config = {"path": str(path), "mapping": MAPPING}
    assert len(read(config).records) == 3000
    (line,) = read(config, "rejected_lines").records
    assert line["raw"] == '"Ann,ann@example.com'


def test_headers_that_repeat_or_are_empty_get_names_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("\u200fname,,note,note\nAnn,1,2,3\n")
    (record,) = read({"path": str(path), "mapping": {"full_name": "Name"}}).records
    assert record["full_name"] == "Ann"
    assert record["extra"] == {"column_2": "1", "note": "2", "note (2)": "3"}


def test_the_excel_hint_of_the_delimiter_is_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xef\xbb\xbfsep=;\r\nname;email\r\nAnn, B;a@example.com\r\n")
    (record,) = read({"path": str(path), "mapping": MAPPING}).records
    assert record["full_name"] == "Ann, B"


def test_a_header_that_is_no_text_in_the_given_encoding_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("שם,email\nדוד,a@example.com\n".encode("windows-1255"))
    message = check({"path": str(path), "encoding": "utf-8", "mapping": {"email": "email"}})
    assert message is not None
    assert "no readable header" in message
