from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kesher.errors import ConfigError, KesherError
from kesher.match_input import InputOptions, load_people, parse_mapping
from kesher.table_file import ReadingOptions

Loaded = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def loaded(tmp_path: Path, notes: list[str]) -> Iterator[Loaded]:
    """Load a file and return its people, with only the columns that somebody has."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("attach ':memory:' as match_input")

        def load(path: Path, **options: Any) -> list[dict[str, Any]]:
            notes.clear()
            work = tmp_path / "work"
            work.mkdir(exist_ok=True)
            rows = load_people(connection, path, work, InputOptions(**options), notes.append)
            people = connection.execute("select * from match_input.people").fetchall()
            assert len(people) == rows
            names = [name for name, *_ in connection.description or []]
            return [
                {
                    name: value
                    for name, value in zip(names, row, strict=True)
                    if value is not None and name != "_extracted_at"
                }
                for row in people
            ]

        yield load


def written(tmp_path: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(path: Path, *rows: list[Any], sheet: str = "people") -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_without_source_and_record_id_the_row_tells_who_it_is(
    tmp_path: Path, loaded: Loaded, notes: list[str]
) -> None:
    people = loaded(written(tmp_path, "email\na@x.org\nb@x.org\n"))
    assert people == [
        {"source": "input", "record_id": "1", "email": "a@x.org"},
        {"source": "input", "record_id": "2", "email": "b@x.org"},
    ]
    assert any("'input'" in note for note in notes)
    assert any("number of the row" in note for note in notes)


def test_columns_are_known_by_name_whatever_their_case_spaces_and_order(
    tmp_path: Path, loaded: Loaded
) -> None:
    path = written(tmp_path, "E-Mail,Full Name,RECORD-ID,e mail\n,Dana,7,x\n")
    assert loaded(path, mapping={"email": "e mail"}) == [
        {"source": "input", "record_id": "7", "full_name": "Dana", "email": "x"}
    ]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("source;record_id;full_name\ncrm;1;דנה כהן\n".encode("windows-1255"), {}),
        ("source,record_id,full_name\ncrm,1,דנה כהן\n".encode("utf-8-sig"), {}),
        ("source\trecord_id\tfull_name\ncrm\t1\tדנה כהן\n".encode("utf-16"), {}),
        ("source|record_id|full_name\r\ncrm|1|דנה כהן\r\n".encode(), {}),
        ("source,record_id,full_name\rcrm,1,דנה כהן\r".encode(), {}),
        ("sep=;\nsource;record_id;full_name\ncrm;1;דנה כהן".encode(), {}),
        ("\n\nsource,record_id,full_name\n\ncrm,1,דנה כהן\n\n".encode(), {}),
        (
            "source~record_id~full_name\ncrm~1~דנה כהן\n".encode("cp862"),
            {"reading": ReadingOptions(encoding="cp862", delimiter="~")},
        ),
        # Lines that end in two ways, which DuckDB refuses.
        ("source,record_id,full_name\r\ncrm,0,Bob\ncrm,1,דנה כהן\r\n".encode(), {}),
    ],
    ids=["windows-1255", "bom", "utf-16", "crlf", "cr", "sep", "blank lines", "given", "mixed"],
)
def test_a_csv_is_read_in_whatever_form_it_comes(
    tmp_path: Path, loaded: Loaded, content: bytes, options: dict[str, Any]
) -> None:
    person = loaded(written(tmp_path, content), **options)[-1]
    assert person == {"source": "crm", "record_id": "1", "full_name": "דנה כהן"}


def test_a_zero_byte_here_and_there_makes_a_file_no_less_a_text(
    tmp_path: Path, loaded: Loaded
) -> None:
    content = "record_id,full_name\n1,דנה\0 כהן\n2,Dana Levi\n".encode()
    people = loaded(written(tmp_path, content))
    assert [person["full_name"] for person in people] == ["דנה\0 כהן", "Dana Levi"]


def test_an_encoding_that_was_guessed_is_told(
    tmp_path: Path, loaded: Loaded, notes: list[str]
) -> None:
    loaded(written(tmp_path, "full_name\nדנה כהן\n".encode("windows-1255")))
    assert any("windows-1255" in note and "--encoding" in note for note in notes)


def test_hebrew_far_down_an_otherwise_plain_file_is_found_too(
    tmp_path: Path, loaded: Loaded
) -> None:
    lines = "full_name,record_id\n" + "".join(f"Bob,{n}\n" for n in range(60_000))
    people = loaded(written(tmp_path, (lines + "דנה,x\n").encode("windows-1255")))
    assert people[-1] == {"source": "input", "record_id": "x", "full_name": "דנה"}
    assert len(people) == 60_001


def test_bytes_that_are_no_text_are_replaced_and_counted(
    tmp_path: Path, loaded: Loaded, notes: list[str]
) -> None:
    path = written(tmp_path, "full_name\nדנה\n".encode() + b"Bo\xffb\n" + "משה\n".encode())
    assert [person["full_name"] for person in loaded(path)] == ["דנה", "Bo\ufffdb", "משה"]
    assert any("1 byte is no text in utf-8" in note for note in notes)


def test_rows_stay_in_the_order_of_the_file(tmp_path: Path, loaded: Loaded) -> None:
    path = written(tmp_path, "email\n" + "".join(f"{n}@x.org\n" for n in range(300_000)))
    people = loaded(path)
    assert all(
        person["record_id"] == str(n + 1) and person["email"] == f"{n}@x.org"
        for n, person in enumerate(people)
    )


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_file_with_only_a_header_has_nobody(tmp_path: Path, loaded: Loaded, kind: str) -> None:
    path = tmp_path / f"people.{kind}"
    if kind == "csv":
        path.write_text("source,record_id,email")
    elif kind == "parquet":
        pq.write_table(pa.table({"email": pa.array([], pa.string())}), path)
    else:
        workbook(path, ["source", "record_id", "email"])
    assert loaded(path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: its first line should name the columns"),
        (b" \n\n", "is empty"),
        (b"\xd0\xcf\x11\xe0old excel", "save it as .xlsx"),
        (b"\x1f\x8bzip", "unpack it first"),
        (b"a\0b\0\0\0\0\0\x01\x02", "neither text nor Parquet nor an Excel workbook"),
        (b"PAR1 but not really", "can't be read"),
        (b"PK\x03\x04 but not really", "cannot be read as an Excel workbook"),
        (b"shoe,size\nred,42\n", "no column about people"),
        (b"record_id,email\n1,a@x.org\n2\n", "line 3: 1 fields, where the header has 2"),
        (b"record_id,email\n1,a,b\n", "line 2: 3 fields, where the header has 2"),
        (b'record_id,email\n1,"a@x.org\n', "line 2: a quote that opens in this line is never"),
    ],
)
def test_a_file_that_can_not_be_read_is_told_in_one_message(
    tmp_path: Path, loaded: Loaded, content: bytes, said: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(KesherError) as error:
        loaded(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_of_one_source_and_record_id_are_named(tmp_path: Path, loaded: Loaded) -> None:
    content = "source,record_id,email\ncrm,7,a@x\nshop,7,b@x\ncrm,8,c@x\ncrm,7,d@x\nshop,7,e@x\n"
    with pytest.raises(KesherError) as error:
        loaded(written(tmp_path, content))
    assert "crm '7' in rows 1 and 4; shop '7' in rows 2 and 5" in str(error.value)


def test_a_row_without_its_record_id_gets_its_number(
    tmp_path: Path, loaded: Loaded, notes: list[str]
) -> None:
    people = loaded(written(tmp_path, "record_id,source,email\nA 1 ,crm,a@x\n , ,b@x\n"))
    assert [(p["source"], p["record_id"]) for p in people] == [("crm", "A 1 "), ("input", "2")]
    assert any("1 rows have no record_id" in note for note in notes)


def test_blank_cells_are_empty_and_ends_are_trimmed(tmp_path: Path, loaded: Loaded) -> None:
    path = written(tmp_path, 'record_id,email,city\n1,"  a@x ", \n2,,"\u00a0\u200f"\n')
    assert loaded(path) == [
        {"source": "input", "record_id": "1", "email": "a@x"},
        {"source": "input", "record_id": "2"},
    ]


def test_a_wrong_map_lists_the_columns(tmp_path: Path, loaded: Loaded) -> None:
    path = written(tmp_path, "Name,E-mail\nDana,d@x\n")
    with pytest.raises(ConfigError) as error:
        loaded(path, mapping={"full_name": "Nam", "email": "E-mail"}, also=("shoe size",))
    assert error.value.problems == [
        f"--map full_name=Nam: {path} has no column 'Nam'; its columns are 'Name', 'E-mail'",
        f"--also shoe size: {path} has no column 'shoe size'; its columns are 'Name', 'E-mail'",
    ]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (("mail",), "expected ours=theirs"),
        (("mail=E-mail",), "'mail' is not a field of ours; they are source, record_id"),
        (("email=A", "email=B"), "email is already 'A'"),
        (("_extracted_at=A",), "is not a field of ours"),
    ],
)
def test_a_map_that_can_not_be_is_told(pairs: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_mapping(pairs)


def test_a_map_can_join_columns_and_theirs_may_hold_an_equals_sign(
    tmp_path: Path, loaded: Loaded
) -> None:
    path = written(tmp_path, "no,str=eet,A+B\n5,Herzl,Dana\n,Allenby,\n")
    people = loaded(path, mapping=parse_mapping(("street=str=eet+no", "full_name=A+B")))
    assert people == [
        {"source": "input", "record_id": "1", "street": "Herzl 5", "full_name": "Dana"},
        {"source": "input", "record_id": "2", "street": "Allenby"},
    ]


def test_columns_that_nobody_asked_for_are_told_with_what_they_may_be(
    tmp_path: Path, loaded: Loaded, notes: list[str]
) -> None:
    loaded(written(tmp_path, "email,Surname,Date of Birth,shoe\na@x,Cohen,1990-01-01,42\n"))
    (note,) = (note for note in notes if note.startswith("Not compared"))
    assert "'Surname', 'Date of Birth', 'shoe'" in note
    assert '--map family_name=Surname --map birth_date="Date of Birth"' in note


def test_hebrew_columns_are_told_for_what_they_may_be_once_for_each_field(
    tmp_path: Path, loaded: Loaded, notes: list[str]
) -> None:
    loaded(written(tmp_path, "email,שם מלא,שם לקוח,טלפון,ת.ז.\na@x,דנה לוי,דנה,0541234567,1\n"))
    (note,) = (note for note in notes if note.startswith("Not compared"))
    assert '--map full_name="שם מלא" --map phone=טלפון --map national_id=ת.ז.' in note
    assert "שם לקוח" not in note.partition("Perhaps")[2]


def test_a_column_with_quotation_marks_is_told_as_a_shell_takes_it(
    tmp_path: Path, loaded: Loaded, notes: list[str]
) -> None:
    loaded(written(tmp_path, '"full_name","דוא""ל"\nDana Levi,a@x.example\n'))
    (note,) = (note for note in notes if note.startswith("Not compared"))
    assert f"""--map email={shlex.quote('דוא"ל')}""" in note


def test_further_columns_come_in_their_order(tmp_path: Path, loaded: Loaded) -> None:
    path = written(tmp_path, "email,card,shoe\na@x,17,42\n")
    assert loaded(path, also=("shoe", "card"))[0] == {
        "source": "input",
        "record_id": "1",
        "email": "a@x",
        "also_1": "42",
        "also_2": "17",
    }


@pytest.mark.parametrize(
    ("dates", "expected", "told"),
    [
        (["1990-04-03", ""], ["1990-04-03", None], None),
        (["03/04/1990", "31/12/1999"], ["1990-04-03", "1999-12-31"], "DD/MM/YYYY, as its dates"),
        (["03/04/1990", "12/31/1999"], ["1990-03-04", "1999-12-31"], "MM/DD/YYYY, as its dates"),
        (["03/04/1990", "1.2.85"], ["1990-04-03", "1985-02-01"], "though its dates leave that"),
        (["13/04/90", "04/14/1990", "3-4-05"], ["1990-04-13", None, "2005-04-03"], "most of its"),
        (["19900403", "1990/4/3", "12/25"], ["1990-04-03", "1990-04-03", "12/25"], None),
        (["3 April 1990", "Apr 3, 1990"], ["1990-04-03", "1990-04-03"], None),
        (
            ["6th May 2024", "May 6th, 2024", "1st of June 1990"],
            ["2024-05-06", "2024-05-06", "1990-06-01"],
            None,
        ),
        (
            ["6. Mai 2024", "24 Dez 1999", "3. März 1960"],
            ["2024-05-06", "1999-12-24", "1960-03-03"],
            None,
        ),
        (
            ["6 de mayo de 2024", "1er août 1990", "6 במאי 2024"],
            ["2024-05-06", "1990-08-01", "2024-05-06"],
            None,
        ),
        (["31 Feb 1990", "6 Foo 1990"], [None, None], "2 values are no date"),
        (
            ["1990-04-03", "32874"],
            ["1990-04-03", "1990-01-01"],
            "1 value is a day as Excel counts them, such as '32874' in row 2, read as 1990-01-01",
        ),
        (["1990-04-03", "99999", "1985"], ["1990-04-03", None, None], "2 values are no date"),
        (["32874", "41000"], [None, None], "2 values are no date"),
        (["31/02/1990", "unknown"], [None, None], "2 values are no date, such as '31/02/1990'"),
        (["1990-04-03T00:00:00", "03.04.1990 00:00"], ["1990-04-03", "1990-04-03"], "leave that"),
    ],
)
def test_birth_dates_are_read_as_people_write_them(
    tmp_path: Path,
    loaded: Loaded,
    notes: list[str],
    dates: list[str],
    expected: list[str | None],
    told: str | None,
) -> None:
    path = written(tmp_path, "email,birth_date\n" + "".join(f'x,"{day}"\n' for day in dates))
    read = [person.get("birth_date") for person in loaded(path)]
    assert [day and day[:10] for day in read] == expected
    assert (told is None and not any("birth_date" in note for note in notes)) or any(
        told is not None and told in note for note in notes
    )


def test_the_order_of_day_and_month_can_be_told(tmp_path: Path, loaded: Loaded) -> None:
    path = written(tmp_path, "email,birth_date\nx,03/04/1990\n")
    assert loaded(path, dates="mdy")[0]["birth_date"] == "1990-03-04"
    assert loaded(path, dates="dmy")[0]["birth_date"] == "1990-04-03"


def test_moments_are_read_in_utc(tmp_path: Path, loaded: Loaded, notes: list[str]) -> None:
    moments = [
        "2024-05-06T10:00:00Z",
        "2024-05-06 10:00:00+02:00",
        "25/12/2023 08:30",
        "2024-05-06",
        "soon",
    ]
    path = written(tmp_path, "email,updated_at\n" + "".join(f"x,{m}\n" for m in moments))
    assert [person.get("updated_at") for person in loaded(path)] == [
        datetime(2024, 5, 6, 10),
        datetime(2024, 5, 6, 8),
        datetime(2023, 12, 25, 8, 30),
        datetime(2024, 5, 6),
        None,
    ]
    assert any("1 value is no time, such as 'soon' in row 5" in note for note in notes)


def test_parquet_values_become_text_as_people_write_it(tmp_path: Path, loaded: Loaded) -> None:
    path = tmp_path / "weird [1] *? 'name'.parquet"
    pq.write_table(
        pa.table(
            {
                "record_id": pa.array([1, 2], pa.int64()),
                "phone": pa.array([501234567.0, None], pa.float64()),
                "postcode": pa.array([12345, None], pa.int32()),
                "birth_date": pa.array([date(1990, 4, 3), None]),
                "updated_at": pa.array([datetime(2024, 5, 6, 10), None], pa.timestamp("ns")),
                "email": pa.array([b"a@x", b""], pa.binary()),
                "other_emails": pa.array([["b@x", "c@x"], []], pa.list_(pa.string())),
                "gender": pa.array(["f", None]).dictionary_encode(),
                "national_id": pa.array([0.5, 1e300]),
            }
        ),
        path,
    )
    first, second = loaded(path)
    assert first == {
        "source": "input",
        "record_id": "1",
        "phone": "501234567",
        "postcode": "12345",
        "birth_date": "1990-04-03",
        "updated_at": datetime(2024, 5, 6, 10),
        "email": "a@x",
        "other_emails": "b@x; c@x",
        "gender": "f",
        "national_id": "0.5",
    }
    assert second["national_id"] == "1e+300"


def test_a_workbook_is_read_by_its_content(tmp_path: Path, loaded: Loaded) -> None:
    path = workbook(
        tmp_path / "people.dat",
        ["מספר", "Full Name", "phone", "birth_date", "updated_at"],
        [1, "דנה כהן", 501234567.0, date(1990, 4, 3), datetime(2024, 5, 6, 10)],
        [None, None, None, None, None],
        [2, "=1+1", "050-1234567", "3.4.1990", None],
        sheet="אנשים",
    )
    people = loaded(path, mapping={"record_id": "מספר"}, reading=ReadingOptions(sheet="אנשים"))
    assert people[0] == {
        "source": "input",
        "record_id": "1",
        "full_name": "דנה כהן",
        "phone": "501234567",
        "birth_date": "1990-04-03",
        "updated_at": datetime(2024, 5, 6, 10),
    }
    assert people[1]["birth_date"] == "1990-04-03"
    with pytest.raises(KesherError, match="has no sheet 'nope'; it has 'אנשים'"):
        loaded(path, reading=ReadingOptions(sheet="nope"))


def test_a_cell_beside_the_table_is_told_with_its_row(tmp_path: Path, loaded: Loaded) -> None:
    path = workbook(tmp_path / "people.xlsx", ["email"], ["a@x"], ["b@x", "call back!"])
    with pytest.raises(KesherError, match="row 3: 2 fields, where the header has 1"):
        loaded(path)


HOSTILE = [
    "'); drop table people; --",
    '"; select 1; "',
    "x" * 10_000,
    "👩‍👩‍👧‍👦 \U0001f4a9",
    "a\x00b",
    "line\nbreak",
    "$name {name} %s \\",
    "\u202eמשה\u202c",
]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_hostile_values_are_only_values(tmp_path: Path, loaded: Loaded, kind: str) -> None:
    path = tmp_path / f"people.{kind}"
    if kind == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["full_name"], *([value] for value in HOSTILE)])
    else:
        pq.write_table(pa.table({"full_name": HOSTILE}), path)
    assert [person["full_name"] for person in loaded(path)] == HOSTILE


def test_names_of_columns_can_be_hostile_too(tmp_path: Path, loaded: Loaded) -> None:
    names = ["'); drop table x; --", '"; select 1; "', "select", "x", "x", ""]
    path = tmp_path / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, ["a@x", "Dana", "Haifa", "1", "2", "3"]])
    mapping = {"email": names[0], "full_name": names[1], "city": "select", "postcode": "x (2)"}
    assert loaded(path, mapping=mapping)[0] == {
        "source": "input",
        "record_id": "1",
        "email": "a@x",
        "full_name": "Dana",
        "city": "Haifa",
        "postcode": "2",
    }


_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_any_program_wrote_as_csv_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    delimiter: str,
    end: str,
    encoding: str,
    quoting: Any,
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("full_name", "city"), *rows])
    folder = tmp_path_factory.mktemp("csv")
    path = folder / "people.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    options = InputOptions(
        reading=ReadingOptions(
            encoding="utf-16" if encoding == "utf-16" else None, delimiter=delimiter
        )
    )
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as match_input")
        count = load_people(connection, path, folder, options, lambda _: None)
        read = connection.execute("select full_name, city from match_input.people").fetchall()
    blanks = " \t\r\n\u00a0\u200e\u200f\ufeff"
    assert count == len(rows)
    # What is blank is empty; blanks at the ends do not matter to anybody.
    assert [tuple(value and value.strip(blanks) for value in row) for row in read] == [
        tuple(value.strip(blanks) or None for value in row) for row in rows
    ]
