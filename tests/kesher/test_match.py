from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from match_command import PEOPLE, groups, kesher, person, read_csv, write_csv

from kesher.match import MatchRequest

DANA = frozenset(["crm:1", "shop:2", "news:3"])


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "people.csv", PEOPLE)


def test_who_is_who_is_found_across_scripts_and_systems(people: Path, tmp_path: Path) -> None:
    result = kesher("match", people, "--out", tmp_path / "out.csv")
    assert groups(tmp_path / "out.csv") == {
        DANA,
        frozenset(["crm:4"]),
        frozenset(["shop:5"]),
        frozenset(["crm:6"]),
    }
    rows = read_csv(tmp_path / "out.csv")
    assert list(rows[0]) == ["source", "record_id", "customer_id", "match_probability"]
    assert [(row["source"], row["record_id"]) for row in rows] == [
        (row["source"], row["record_id"]) for row in PEOPLE
    ]
    assert {float(row["match_probability"]) for row in rows[3:]} == {1.0}
    assert all(0.88 < float(row["match_probability"]) <= 1 for row in rows[:3])
    assert all(
        row["customer_id"].startswith("kc_") and len(row["customer_id"]) == 23 for row in rows
    )
    assert "6 records are 4 customers" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "people.csv"]


def test_the_result_does_not_depend_on_the_order_of_the_rows(tmp_path: Path) -> None:
    outcomes = set()
    for seed in (1, 2):
        rows = random.Random(seed).sample(PEOPLE, len(PEOPLE))  # noqa: S311
        kesher("match", write_csv(tmp_path / "in.csv", rows), "--out", tmp_path / "out.csv")
        found = read_csv(tmp_path / "out.csv")
        assert [row["record_id"] for row in found] == [row["record_id"] for row in rows]
        outcomes.add(frozenset(tuple(row.values()) for row in found))
    assert len(outcomes) == 1


def test_the_same_is_written_as_parquet_and_as_a_workbook(people: Path, tmp_path: Path) -> None:
    for name in ("out.csv", "out.parquet", "out.xlsx"):
        kesher("match", people, "--out", tmp_path / name)
    expected = [
        (row["source"], row["record_id"], row["customer_id"], float(row["match_probability"]))
        for row in read_csv(tmp_path / "out.csv")
    ]
    table = pq.read_table(tmp_path / "out.parquet")
    assert [tuple(row.values()) for row in table.to_pylist()] == expected
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["customers"]
    assert [tuple(row) for row in sheet.iter_rows(min_row=2, values_only=True)] == expected


def test_a_workbook_that_was_written_can_be_read_whatever_its_values(tmp_path: Path) -> None:
    ids = ["=1+1", "a\x07b", "משה", "x" * 1000, "+972", "\ud7ff"]
    people = write_csv(tmp_path / "in.csv", [person(text, email="a@b.co") for text in ids])
    kesher("match", people, "--out", tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["customers"]
    read = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [text.replace("_x0007_", "\x07") for text in read] == ids
    assert sheet["B2"].data_type == "s"


def test_a_header_alone_gives_a_header_alone(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("record_id,email\n")
    result = kesher("match", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == (
        "source,record_id,customer_id,match_probability\n"
    )
    assert "0 records are 0 customers" in result.output


def test_one_row_is_one_customer(tmp_path: Path) -> None:
    people = write_csv(
        tmp_path / "people.csv", [person(source="crm", record_id="1", full_name="Dana Levi")]
    )
    result = kesher("match", people, "--out", tmp_path / "out.csv")
    assert "1 record is 1 customer:" in result.output


def test_hebrew_in_the_encoding_of_old_programs(tmp_path: Path) -> None:
    text = "קוד;שם מלא;טלפון\n1;דנה כהן;050-5117133\n2;דנה כהן;0505117133\n3;אבי לוי;03-5112233\n"
    (tmp_path / "רשימה.csv").write_bytes(text.encode("windows-1255"))
    maps = ["--map", "record_id=קוד", "--map", "full_name=שם מלא", "--map", "phone=טלפון"]
    result = kesher("match", tmp_path / "רשימה.csv", "--out", tmp_path / "out.csv", *maps)
    assert groups(tmp_path / "out.csv") == {
        frozenset(["input:1", "input:2"]),
        frozenset(["input:3"]),
    }
    assert "windows-1255" in result.stderr


def test_hostile_values_go_through_all_models(tmp_path: Path) -> None:
    values = [
        "'); drop table match_input.people; --",
        "x" * 10_000,
        "ש" * 10_000,
        "👩‍👩‍👧‍👦",
        '"; \\ $1 {{ x }}',
        "\u202eמשה\u202c",
        "a\x00b",
        "%s\n\r\t",
        "null",
        "-",
    ]
    columns = ["full_name", "email", "phone", "street", "city", "postcode", "country", "company",
               "national_id", "gender", "birth_date", "updated_at"]  # fmt: skip
    rows = [
        person(str(number), **dict.fromkeys(columns, value)) for number, value in enumerate(values)
    ]
    rows.append(person("alone", full_name="Dana Cohen", email="dana@example.com"))
    kesher("match", write_csv(tmp_path / "in.csv", rows), "--out", tmp_path / "out.csv")
    found = read_csv(tmp_path / "out.csv")
    assert [row["record_id"] for row in found] == [row["record_id"] for row in rows]
    assert frozenset(["crm:alone"]) in groups(tmp_path / "out.csv")


def test_records_without_anything_are_customers_of_their_own(tmp_path: Path) -> None:
    rows = [person(str(number), full_name="") for number in range(5)]
    kesher("match", write_csv(tmp_path / "in.csv", rows), "--out", tmp_path / "out.csv")
    assert len(groups(tmp_path / "out.csv")) == 5


def test_a_higher_threshold_never_joins_more(tmp_path: Path) -> None:
    rows = [
        person("1", full_name="Dana Cohen", city="Haifa", street="Herzl 5"),
        person("2", full_name="Dana Cohen", city="Haifa", street="Herzl 5"),
        person("3", full_name="D. Cohen", city="Haifa", phone="050-5117133"),
        person("4", full_name="Dana Cohen", phone="050-5117133", email="dc@x.co.il"),
        person("5", full_name="Dana Levi", email="dc@x.co.il"),
        person("6", full_name="Danna Cohen", city="Haifa"),
    ]
    path = write_csv(tmp_path / "in.csv", rows)
    before: set[frozenset[str]] | None = None
    for threshold in ("0.0001", "0.5", "0.9", "0.99999999"):
        kesher("match", path, "--out", tmp_path / "out.csv", "--threshold", threshold)
        found = groups(tmp_path / "out.csv")
        if before is not None:
            assert all(any(group <= wider for wider in before) for group in found)
        before = found
    assert before is not None
    assert len(before) > 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threshold", "1"], "a probability between 0 and 1"),
        (["--out", "out.txt"], "the extension says what is written: .csv (CSV)"),
        (["--out", "people.csv"], "is the input itself"),
        (["--out", "nowhere/out.csv"], "there is no folder nowhere"),
        (["--map", "email=Mail"], "has no column 'Mail'; its columns are 'source', 'record_id'"),
        (["--also", "shoe"], "has no column 'shoe'"),
        (["--encoding", "klingon"], "no such encoding"),
        (["--encoding", "base64"], "no such encoding"),
        (["--delimiter", "ab"], "one character"),
        (["--memory", "lots"], "a size such as 3GB"),
        (["--keep", "nowhere/x.duckdb"], "there is no folder nowhere"),
        (["--keep", "people.csv"], "that is where the records are"),
    ],
)
def test_a_wrong_option_is_one_message_and_writes_nothing(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = kesher("match", "people.csv", "--out", "out.csv", *arguments, expect=2)
    (line,) = (line for line in result.stderr.splitlines() if not line.startswith("note: "))
    assert line.startswith("error: ")
    assert said in line
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_that_can_not_be_read_ends_with_1_and_keeps_the_old_result(tmp_path: Path) -> None:
    rows = [person("1", email="a@x.co"), person("1", email="b@x.co")]
    path = write_csv(tmp_path / "in.csv", rows)
    (tmp_path / "out.csv").write_text("precious")
    result = kesher("match", path, "--out", tmp_path / "out.csv", expect=1)
    assert "crm '1' in rows 1 and 2" in result.stderr
    assert (tmp_path / "out.csv").read_text() == "precious"


def test_an_older_result_is_replaced_and_only_by_a_whole_one(people: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")
    inode = out.stat().st_ino
    kesher("match", people, "--out", out)
    assert out.stat().st_ino != inode
    assert len(read_csv(out)) == len(PEOPLE)
    assert stat.S_IMODE(out.stat().st_mode) & 0o400
    link = tmp_path / "link.csv"
    link.symlink_to(out)
    out.write_text("old")
    kesher("match", people, "--out", link)
    assert link.is_symlink()
    assert len(read_csv(out)) == len(PEOPLE)


def test_odd_names_of_files_and_folders_are_only_names(tmp_path: Path) -> None:
    folder = tmp_path / "it's [a] * folder"
    folder.mkdir()
    write_csv(folder / "in [1]*.csv", PEOPLE)
    write_csv(folder / "in 1x.csv", PEOPLE[:1])
    for name in ("out [2]'*.csv", "out [2]'*.parquet"):
        arguments = ["--keep", folder / "kept [3].duckdb", "--temporary", folder]
        kesher("match", folder / "in [1]*.csv", "--out", folder / name, *arguments)
    assert len(groups(folder / "out [2]'*.csv")) == 4
    assert sorted(path.name for path in folder.iterdir()) == [
        "in 1x.csv",
        "in [1]*.csv",
        "kept [3].duckdb",
        "out [2]'*.csv",
        "out [2]'*.parquet",
    ]


def test_a_folder_that_can_not_be_written_is_told_before_the_work(
    people: Path, tmp_path: Path
) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    result = kesher("match", people, "--out", closed / "out.csv", expect=2)
    assert "can't be written" in result.stderr


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_match_that_is_ended_half_way_leaves_no_result(
    tmp_path: Path, how: signal.Signals
) -> None:
    rows = [
        person(
            str(n),
            full_name=f"{'ABCD'[n % 4]}na C{n % 700}n",
            email=f"{n % 900}@x.co.il",
            phone=f"050-51{n % 800:05}",
        )
        for n in range(40_000)
    ]
    path, work = write_csv(tmp_path / "in.csv", rows), tmp_path / "work"
    work.mkdir()
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-m", "kesher", "match", path, "--out", tmp_path / "out" / "o.csv"]
    process = subprocess.Popen(
        [*command, "--temporary", work, "--verbose"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("int_identity__record_names"):
            break
    assert len(list(work.iterdir())) == 1
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert (
        process.returncode
        == {
            signal.SIGKILL: -signal.SIGKILL,
            signal.SIGTERM: 128 + signal.SIGTERM,
            signal.SIGINT: 130,
        }[how]
    ), errors.decode()
    assert list((tmp_path / "out").iterdir()) == []
    if how != signal.SIGKILL:
        assert list(work.iterdir()) == []
    else:
        # What a killed one left goes when a later one starts.
        (left,) = work.iterdir()
        os.utime(left, (0, 0))
        (tmp_path / "in.csv").write_text("email\na@x.co\n")
        kesher("match", path, "--out", tmp_path / "out" / "o.csv", "--temporary", work)
        assert list(work.iterdir()) == []


def test_a_further_column_is_compared_when_asked_for(tmp_path: Path) -> None:
    rows = [
        person("1", full_name="Dana Cohen", card="77-1234"),
        person("2", full_name="Dana Cohen", card="77-1234"),
        person("3", full_name="Dana Cohen", card="80-5678"),
        *(person(str(n), full_name=f"Person {n}", card=f"99-{n}") for n in range(10, 60)),
    ]
    path, out = write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    kesher("match", path, "--out", out)
    assert frozenset(["crm:1", "crm:2"]) not in groups(out)
    kesher("match", path, "--out", out, "--also", "card")
    assert frozenset(["crm:1", "crm:2"]) in groups(out)
    assert frozenset(["crm:3"]) in groups(out)


def test_weights_can_be_fitted_to_the_file(tmp_path: Path) -> None:
    given = ["Dana", "Avi", "Ruth", "Yoav", "Michal", "Omer", "Tamar", "Eitan", "Noga", "Gil"]
    family = ["Cohen", "Levi", "Mizrahi", "Peretz", "Biton", "Dahan", "Azoulay", "Katz", "Gabay"]
    rows = []
    for number in range(90):
        one = {
            "full_name": f"{given[number % 10]} {family[number // 10]}",
            "email": f"{given[number % 10].lower()}{number}@mail{number % 7}.co.il",
            "phone": f"050-51{number:02}{number * 7 % 1000:03}",
            "birth_date": f"19{50 + number % 45}-0{number % 9 + 1}-1{number % 10}",
            "gender": "female" if number % 2 else "male",
        }
        rows.append(person(str(number), **one))
        gender = "male" if number % 10 == 3 else one["gender"]
        rows.append(person(str(number), "shop", **{**one, "phone": "", "gender": gender}))
        rows.append(person(str(number), "news", full_name=one["full_name"], phone=one["phone"]))
    path, out = write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    result = kesher("match", path, "--out", out, "--train", "--keep", tmp_path / "kept.duckdb")
    assert "weights" not in result.stderr
    assert groups(out) == {
        frozenset(f"{source}:{number}" for source in ("crm", "shop", "news"))
        for number in range(90)
    }
    with duckdb.connect(str(tmp_path / "kept.duckdb"), read_only=True) as connection:
        ((changed,),) = connection.execute(
            """
            select count(*)
            from identity.int_identity__weights as weights
            inner join seeds.identity_weights as shipped using (comparison, level)
            where weights.m <> shipped.m
            """
        ).fetchall()
        ((m, u),) = connection.execute(
            "select m, u from identity.int_identity__weights where comparison = 'gender'"
        ).fetchall()
    assert changed > 5
    # Of what ships, 0.015, and of the file, where nine of ninety people have a wrong gender.
    assert 0.03 < m < 0.1
    assert u == pytest.approx(0.5, rel=0.1)


def test_too_few_records_leave_the_weights_as_they_are(people: Path, tmp_path: Path) -> None:
    result = kesher("match", people, "--out", tmp_path / "out.csv", "--train")
    assert "There are only 6 records" in result.stderr
    assert DANA in groups(tmp_path / "out.csv")


def test_the_threshold_is_a_probability() -> None:
    request = MatchRequest(Path("in.csv"), Path("out.csv"))
    assert request.link_weight == 3
    assert MatchRequest(Path("i"), Path("o"), threshold=0.5).link_weight == 0
    assert MatchRequest(Path("i"), Path("o"), threshold=8 / 9).link_weight == pytest.approx(3)


def test_phones_without_a_calling_code_are_those_of_the_country_that_is_named(
    tmp_path: Path,
) -> None:
    people = [
        person(source="crm", record_id="1", full_name="Amanda Holmes", phone="0161 496 0012"),
        person(source="shop", record_id="2", full_name="Amanda Holmes", phone="(0161) 4960012"),
    ]
    file, out = write_csv(tmp_path / "people.csv", people), tmp_path / "out.csv"
    told = kesher("match", file, "--out", out)
    assert "phone: 2 values are no telephone number" in told.stderr
    assert len(groups(out)) == 2
    told = kesher("match", file, "--out", out, "--country", "gb")
    assert "phone" not in told.stderr
    assert len(groups(out)) == 1
    told = kesher("match", file, "--out", out, "--country", "uk", expect=2)
    assert "--country uk: a country in two capital letters" in told.stderr
    assert "did you mean GB?" in told.stderr


def test_what_a_spreadsheet_left_of_a_phone_number_is_no_number_and_told(tmp_path: Path) -> None:
    """Two people's numbers are one 4.55121E+7 in Denmark, whose numbers have eight digits."""
    people = [
        person(source="crm", record_id="1", full_name="Amanda Holmes", phone="4.55121E+7"),
        person(source="shop", record_id="2", full_name="Amanda Holmes", phone="4.55121E+7"),
    ]
    file, out = write_csv(tmp_path / "people.csv", people), tmp_path / "out.csv"
    told = kesher("match", file, "--out", out, "--country", "DK")
    assert "of 2 values a spreadsheet has kept the first digits only" in told.stderr
    assert "4.55121E+7" in told.stderr
    assert "no telephone number of the country" not in told.stderr
    assert groups(out) == {frozenset(["crm:1"]), frozenset(["shop:2"])}
