"""The source as a whole: formats, mapping, what is read again, and what is said when it fails."""

import gzip
import json
import logging
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import reading
from airbyte_cdk.models import SyncMode
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from files_source import check, read
from openpyxl import Workbook

from connectors.registry import create_source, is_complete_reread

PEOPLE: list[dict[str, Any]] = [
    {"Name": "דוד כהן", "E-mail": "david@example.co.il", "Born": "1980-02-29", "Shoe": "44"},
    {"Name": "Zoë O'Brien", "E-mail": None, "Born": None, "Shoe": None},
    {"Name": '"Quoted"\nname', "E-mail": "q@example.com", "Born": "2001-12-01", "Shoe": "39"},
]
MAPPING = {"full_name": "Name", "email": "E-mail", "birth_date": "Born"}


def write(path: Path, people: list[dict[str, Any]]) -> None:
    columns = list(PEOPLE[0])
    match path.suffix:
        case ".csv":
            import csv

            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(people)
        case ".jsonl":
            path.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in people))
        case ".parquet":
            typed = [
                {**p, "Born": date.fromisoformat(p["Born"]) if p["Born"] else None} for p in people
            ]
            pq.write_table(pa.Table.from_pylist(typed), path)
        case ".xlsx":
            book = Workbook()
            sheet = book.active
            sheet.append(columns)
            for p in people:
                born = datetime.fromisoformat(p["Born"]) if p["Born"] else None
                shoe = int(p["Shoe"]) if p["Shoe"] else None
                sheet.append([p["Name"], p["E-mail"], born, shoe])
            book.save(path)


def old_office_file(*names: str) -> bytes:
    """The container of Excel before 2007, with a directory of such names."""
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entries.ljust(512, b"\0")


def test_four_formats_give_the_same_people(tmp_path: Path) -> None:
    seen = {}
    for suffix in (".csv", ".jsonl", ".parquet", ".xlsx"):
        path = tmp_path / f"list{suffix}"
        write(path, PEOPLE)
        people = read({"path": str(path), "mapping": MAPPING}).records
        for person in people:
            del person["file"], person["file_modified_at"], person["file_version"]
            shoe = person["extra"]["Shoe"]
            person["extra"]["Shoe"] = None if shoe is None else str(shoe)
        seen[suffix] = people
        assert read({"path": str(path), "mapping": MAPPING}, "rejected_lines").records == []
    assert len(seen[".csv"]) == 3
    assert seen[".csv"][1]["full_name"] == "Zoë O'Brien"
    for suffix, people in seen.items():
        assert people == seen[".csv"], suffix


def test_the_record_id_is_the_configured_columns_or_the_content(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,no,branch\nAnn,1,a\nBob,2,\nAnn,1,a\nEve,,\n")
    by_id = {"path": str(path), "mapping": {"full_name": "name"}, "record_id": ["branch", "no"]}
    assert [r["record_id"] for r in read(by_id).records] == ["a:1", ":2", "a:1"]
    (line,) = read(by_id, "rejected_lines").records
    assert (line["line_number"], "record id" in line["reason"]) == (5, True)
    assert "Eve" in line["raw"]
    by_content = {"path": str(path), "mapping": {"full_name": "name"}}
    ids = [r["record_id"] for r in read(by_content).records]
    assert ids[0] == ids[2]
    assert len(set(ids)) == 3


def test_without_a_mapping_columns_with_our_names_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Email,GIVEN_NAME,other\na@example.com,Ann,x\n")
    (person,) = read({"path": str(path)}).records
    assert (person["email"], person["given_name"]) == ("a@example.com", "Ann")
    assert person["extra"] == {"other": "x"}


def test_a_mapping_reaches_into_objects(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": 7, "address": {"city": "Haifa", "zip": 31000}, "ok": true}\n')
    config = {"path": str(path), "mapping": {"city": "address.city"}, "record_id": "id"}
    (person,) = read(config).records
    assert (person["record_id"], person["city"]) == ("7", "Haifa")
    assert person["extra"]["address"] == {"city": "Haifa", "zip": 31000}


def test_lines_that_are_no_json_object_are_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_bytes(
        b'{"email":"a@b.c"}\n{"email":\n[1]\n\n{"email":"\xff"}\nNaN\n{"email":"d@e.f"}'
    )
    config = {"path": str(path), "mapping": {"email": "email"}}
    assert [r["email"] for r in read(config).records] == ["a@b.c", "d@e.f"]
    lines = read(config, "rejected_lines").records
    assert [r["line_number"] for r in lines] == [2, 3, 5, 6]
    assert lines[2]["raw"] == '{"email":"\\xff"}'


def test_excel_rows_wider_than_the_header_are_kept_aside(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append([None])
    for row in (["name", "email"], ["Ann", "a@b.c"], [None, None], ["B", "b@c.d", "stray"], ["C"]):
        book.active.append(row)
    book.create_sheet("second").append(["name"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    config = {"path": str(path), "mapping": {"full_name": "name"}}
    assert [r["full_name"] for r in read(config).records] == ["Ann", "C"]
    (line,) = read(config, "rejected_lines").records
    assert "stray" in line["raw"]
    message = check({**config, "sheet": "third"})
    assert message is not None
    assert "'Sheet', 'second'" in message


def test_an_unchanged_list_is_not_read_again_and_a_new_file_is_read_by_itself(
    tmp_path: Path,
) -> None:
    config = {"path": str(tmp_path / "*.csv"), "mapping": {"full_name": "name"}}
    (tmp_path / "a.csv").write_text("name\nAnn\n")
    (tmp_path / "b.csv").write_text("name\nBob\n")
    first = read(config)
    assert [r["full_name"] for r in first.records] == ["Ann", "Bob"]
    assert set(first.state["files"]) == {"a.csv", "b.csv"}
    assert str(tmp_path) not in json.dumps(first.state)
    os.utime(tmp_path / "a.csv", (1, 1))  # touched, not changed
    second = read(config, state=first.state)
    assert second.records == []
    assert not is_complete_reread(first.state, second.state)
    (tmp_path / "c.csv").write_text("name\nEve\n")
    third = read(config, state=second.state)
    assert [r["full_name"] for r in third.records] == ["Eve"]
    assert not is_complete_reread(second.state, third.state)
    fourth = read(config, state=third.state)
    assert fourth.records == []


@pytest.mark.parametrize("change", ["edit", "delete", "mapping"])
def test_only_a_file_that_changed_is_read_again_and_all_with_another_mapping(
    tmp_path: Path, change: str
) -> None:
    config: dict[str, Any] = {"path": str(tmp_path / "*.csv"), "mapping": {"full_name": "name"}}
    (tmp_path / "a.csv").write_text("name,city\nAnn,X\nBob,Y\n")
    (tmp_path / "b.csv").write_text("name,city\nEve,Z\n")
    first = read(config)
    assert [part[0] for part in first.state["parts"]] == ["a.csv", "b.csv"]
    assert [[r["file"], r["file_version"]] for r in first.records[1:]] == first.state["parts"]
    match change:
        case "edit":
            (tmp_path / "a.csv").write_text("name,city\nAnn,X\n")
            expected = ["Ann"]
        case "delete":
            (tmp_path / "a.csv").unlink()
            expected = []
        case _:
            config["mapping"]["city"] = "city"
            expected = ["Ann", "Bob", "Eve"]
    second = read(config, state=first.state)
    assert [r["full_name"] for r in second.records] == expected
    assert is_complete_reread(first.state, second.state) == (change == "mapping")
    assert (second.state["parts"] == first.state["parts"]) == (change == "mapping")
    assert second.state["parts"][-1] == first.state["parts"][-1], "b.csv is as it was"
    assert len(second.state["parts"]) == (1 if change == "delete" else 2)


def test_files_that_are_older_than_since_are_left_out_by_the_next_sync_too(tmp_path: Path) -> None:
    config = {"path": str(tmp_path), "mapping": {"full_name": "name"}, "since": "2020-01-01"}
    (tmp_path / "old.csv").write_text("name\nAnn\n")
    os.utime(tmp_path / "old.csv", (1, 1))
    (tmp_path / "new.csv").write_text("name\nBob\n")
    first = read(config)
    assert [r["full_name"] for r in first.records] == ["Bob"]
    assert read(config, state=first.state).records == []


@pytest.mark.parametrize("later", [False, True])
def test_a_long_file_that_was_interrupted_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: bool
) -> None:
    monkeypatch.setattr("connectors.files.streams.FileStream.state_checkpoint_interval", 100)
    config = {"path": str(tmp_path / "*.csv"), "mapping": {"full_name": "name"}}
    (tmp_path / "a.csv").write_text("name\nAnn\n")
    before = read(config).state if later else None
    people = [f"Person {number}" for number in range(1_000)]
    (tmp_path / "b.csv").write_text("\n".join(["name", *people, ""]))
    state = {"people": before} if before else None
    killed = reading.read("files", config, "people", state=state, stop_after=450)
    place = killed.state["people"]
    assert place["within"]["rows"] >= 300
    assert ("reading" in place) != later
    rest = read(config, state=place)
    names = [r["full_name"] for r in rest.records]
    assert names == people[-len(names) :]
    assert 550 <= len(names) <= 700
    assert set(rest.state["files"]) == {"a.csv", "b.csv"}
    assert "within" not in rest.state
    assert read(config, state=rest.state).records == []
    # When the file changed meanwhile, what was given of it is of a part that there is not.
    given = killed.records["people"][-1]
    (tmp_path / "b.csv").write_text("name\nNobody else\n")
    anew = read(config, state=place)
    assert [r["full_name"] for r in anew.records] == ["Nobody else"]
    assert [given["file"], given["file_version"]] not in anew.state["parts"]
    assert [given["file"], given["file_version"]] in rest.state["parts"]


def test_a_place_within_a_file_is_none_in_another_content_of_the_same_size_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.files.streams.FileStream.state_checkpoint_interval", 10)
    config = {"path": str(tmp_path / "a.csv"), "mapping": {"full_name": "name"}}
    file = tmp_path / "a.csv"
    people = [f"Person {number:03}" for number in range(100)]
    file.write_text("\n".join(["name", *people, ""]))
    moment = file.stat().st_mtime_ns
    killed = reading.read("files", config, "people", stop_after=45)
    file.write_text("\n".join(["name", *reversed(people), ""]))
    os.utime(file, ns=(moment, moment))
    rest = read(config, state=killed.state["people"])
    assert [r["full_name"] for r in rest.records] == people[::-1]
    assert ["a.csv", killed.records["people"][0]["file_version"]] not in rest.state["parts"]


@pytest.mark.parametrize("others", [False, True])
def test_what_was_given_of_a_file_that_was_replaced_while_it_was_read_is_of_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: bool
) -> None:
    config = {"path": str(tmp_path / "*.csv"), "mapping": {"full_name": "name"}}
    if others:
        (tmp_path / "a.csv").write_text("name\nAnn\n")
    before = read(config).state if others else None
    (tmp_path / "b.csv").write_text("name\nBob\nEve\n")
    monkeypatch.setattr("connectors.files.listing.ListFile.is_still", lambda _: False)
    failed = read(config, state=before)
    assert "changed while it was read" in failed.errors[0]
    assert [r["full_name"] for r in failed.records] == ["Bob", "Eve"]
    monkeypatch.undo()
    (tmp_path / "b.csv").write_text("name\nEve\n")
    mended = read(config, state=failed.state)
    assert [r["full_name"] for r in mended.records] == ["Eve"]
    assert ["b.csv", failed.records[0]["file_version"]] not in mended.state["parts"]
    assert read(config, state=mended.state).records == []


@pytest.mark.parametrize("path", ["inbox", "inbox/leads-*.csv", "inbox/**/*.csv"])
def test_an_empty_folder_is_a_warning_and_what_comes_later_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    path: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("inbox").mkdir()
    Path("inbox/.gitkeep").touch()
    config = {"path": path, "mapping": {"full_name": "name"}}
    with caplog.at_level("WARNING", "airbyte"):
        empty = read(config)
    assert (empty.records, empty.errors) == ([], [])
    assert f"There is no file in {path} yet" in caplog.text
    told = create_source("files", config).check(logging.getLogger("airbyte"), config)
    assert told.status.value == "SUCCEEDED"
    assert "no file" in told.message
    again = read(config, state=empty.state)
    assert not is_complete_reread(empty.state, again.state)
    Path("inbox/leads-1.csv").write_text("name\nAnn\n")
    came = read(config, state=again.state)
    assert [r["full_name"] for r in came.records] == ["Ann"]
    assert not is_complete_reread(again.state, came.state)


def test_files_of_a_watched_folder_that_are_not_read_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.csv").write_text("name\nAnn\n")
    for name in ("b.xls", "c.csv.gz", "e.json", "notes"):
        (tmp_path / name).write_bytes(b"something")
    unworthy = (".hidden", "~$a.xlsx", "f.csv.part", "g.csv.crdownload", "h.tmp", "Thumbs.db")
    for name in unworthy:
        (tmp_path / name).write_bytes(b"something")
    (tmp_path / "folder.old").mkdir()
    config = {"path": str(tmp_path), "mapping": {"full_name": "name"}}
    with caplog.at_level("WARNING", "airbyte"):
        result = read(config)
    assert [r["full_name"] for r in result.records] == ["Ann"]
    (told,) = {record for record in caplog.records if "not read" in record.getMessage()}
    assert told.for_user, "whoever runs the sync is told"
    message = told.getMessage()
    assert "4 files are not read" in message
    for part in ("b.xls (save old", "c.csv.gz (unpack it first)", "e.json (JSON with", "notes"):
        assert part in message
    for name in (*unworthy, "folder.old"):
        assert name not in message
    assert "b.xls" in (check(config) or "")


def test_of_many_files_that_are_not_read_some_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nAnn\n")
    for number in range(25):
        (tmp_path / f"{number:02}.doc").touch()
    told = check({"path": str(tmp_path), "mapping": {"full_name": "name"}}) or ""
    assert "25 files" in told
    assert "09.doc and 15 more" in told


def test_a_folder_with_nothing_but_a_file_that_is_still_coming_is_as_an_empty_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.csv.part").write_text("name\nAn")
    result = read({"path": str(tmp_path), "mapping": {"full_name": "name"}})
    assert (result.records, result.errors) == ([], [])


def test_a_folder_that_lost_all_its_files_is_an_error_and_deletes_nobody(tmp_path: Path) -> None:
    config = {"path": str(tmp_path / "*.csv"), "mapping": {"full_name": "name"}}
    (tmp_path / "a.csv").write_text("name\nAnn\n")
    first = read(config)
    (tmp_path / "a.csv").unlink()
    gone = read(config, state=first.state)
    (message,) = gone.errors
    assert "mounted" in message
    assert "--full-refresh" in message
    assert not is_complete_reread(first.state, gone.state or first.state)
    (tmp_path / "a.csv").write_text("name\nAnn\n")
    back = read(config, state=gone.state or first.state)
    assert (back.records, back.errors) == ([], [])
    anew = read(config)
    assert "full_read_at" in anew.state


def test_a_full_refresh_reads_everything_whatever_the_state(tmp_path: Path) -> None:
    config = {"path": str(tmp_path), "mapping": {"full_name": "name"}}
    (tmp_path / "a.csv").write_text("name\nAnn\n")
    first = read(config)
    again = read(config, state=first.state, sync_mode=SyncMode.full_refresh)
    assert len(again.records) == 1


def test_an_unreadable_file_fails_the_stream_but_not_the_other_files(tmp_path: Path) -> None:
    config = {"path": str(tmp_path / "*"), "mapping": {"full_name": "name"}}
    (tmp_path / "a.parquet").write_bytes(b"no parquet at all")
    (tmp_path / "b.csv").write_text("name\nBob\n")
    (tmp_path / "c.csv").write_bytes(b"")
    (tmp_path / "d.xlsx").write_bytes(b"no workbook")
    result = read(config)
    assert [r["full_name"] for r in result.records] == ["Bob"]
    (message,) = result.errors
    for part in ("a.parquet cannot be read as Parquet", "c.csv is empty", "d.xlsx cannot be read"):
        assert part in message
    # What was read is not read again; what could not be read is tried again.
    (tmp_path / "c.csv").write_text("name\nEve\n")
    (tmp_path / "a.parquet").unlink()
    (tmp_path / "d.xlsx").unlink()
    mended = read(config, state=result.state)
    assert [r["full_name"] for r in mended.records] == ["Eve"]
    assert set(mended.state["files"]) == {"b.csv", "c.csv"}
    assert not is_complete_reread(result.state, mended.state)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"path": "nowhere/list.csv"}, ["There is no file nowhere/list.csv"]),
        ({"path": "nowhere/*.csv"}, ["There is no folder nowhere"]),
        ({"path": "*.cvs"}, ["No file fits *.cvs", ".csv"]),
        ({"path": "letters"}, ["The folder letters holds no .csv", "but dear.doc"]),
        ({"path": "list.csv", "mapping": {"email": "Mail"}}, ["'Mail'", "'name', 'e-mail'"]),
        (
            {"path": "list.csv", "record_id": "no", "mapping": {"full_name": "name"}},
            ["record_id", "'no'"],
        ),
        ({"path": "list.csv"}, ["say under mapping"]),
        ({"path": "list.dat", "mapping": {"full_name": "name"}}, ["set format"]),
        ({"path": "empty.csv", "mapping": {"full_name": "name"}}, ["empty.csv is empty"]),
    ],
)
def test_what_is_wrong_is_said_in_one_clear_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("name,e-mail\nAnn,a@b.c\n")
    Path("list.dat").write_text("name\nAnn\n")
    Path("empty.csv").write_text("\n\n")
    Path("letters").mkdir()
    Path("letters/dear.doc").write_text("Dear")
    checked = check(config)
    assert checked is not None
    (failed,) = read(config).errors
    for word in words:
        assert word in checked
        assert word in failed


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, ["path"]),
        ({"path": "x", "mapping": {"mail": "m"}}, ["mail is not a field of ours", "full_name"]),
        ({"path": "x", "encoding": "klingon"}, ["klingon", "windows-1255"]),
        ({"path": "x", "colour": "red"}, ["colour"]),
        ({"path": "x", "format": "xml"}, ["format", "csv"]),
        ({"path": "x", "delimiter": "::"}, ["delimiter"]),
        ({"path": ["x"]}, ["path"]),
    ],
)
def test_a_wrong_configuration_names_the_key(config: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(AirbyteTracedException) as caught:
        create_source("files", config)
    for word in words:
        assert word in (caught.value.message or "")


def test_a_workbook_that_is_called_csv_is_told_to_be_one(tmp_path: Path) -> None:
    write(tmp_path / "list.xlsx", PEOPLE)
    (tmp_path / "list.xlsx").rename(tmp_path / "list.csv")
    config = {"path": str(tmp_path / "list.csv"), "mapping": MAPPING}
    assert "set format to excel" in (check(config) or "")
    assert len(read({**config, "format": "excel"}).records) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (old_office_file("Root Entry", "Workbook"), ["old Excel workbook (.xls)", "save it as"]),
        (old_office_file("Root Entry", "EncryptedPackage"), ["password", "save it as .xlsx"]),
        (old_office_file(), ["old Excel workbook or one with a password", "save it as .xlsx"]),
        (gzip.compress(b"name\n", mtime=0), ["gzip", "unpack it first"]),
        (b"<html><table><tr><td>name</td></tr></table></html>", ["web page", "save it in Excel"]),
        (b"PAR1", ["set format to parquet"]),
    ],
)
def test_what_is_called_xlsx_and_is_none_is_told_for_what_it_is(
    tmp_path: Path, content: bytes, words: list[str]
) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)
    config = {"path": str(path), "mapping": MAPPING}
    (failed,) = read(config).errors
    for word in words:
        assert word in failed
    assert "zip file" not in failed


@pytest.mark.parametrize(
    "encoding", ["shift_jis", "gb18030", "euc_kr", "utf-16-le", "ascii", "utf-7"]
)
def test_bytes_that_a_given_encoding_does_not_know_cost_their_line_only(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "list.csv"
    good = "name,email\nAnn,a@b.c\n".encode(encoding)
    bad = {"utf-16-le": b"\x00\xdc,\x00x\x00\n\x00"}.get(encoding, b"\xff\xff,x\n")
    path.write_bytes(good + bad + "Bob,b@c.d\n".encode(encoding))
    config = {"path": str(path), "mapping": {"full_name": "name"}, "encoding": encoding}
    assert [r["full_name"] for r in read(config).records] == ["Ann", "Bob"]
    (line,) = read(config, "rejected_lines").records
    assert line["line_number"] == 3
    assert "no text" in line["reason"]


def test_a_column_that_never_comes_in_json_lines_is_told_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    line = '{"name": "Ann"}\n'
    path.write_text(line * 1500)
    assert "'mail'" in read({"path": str(path), "mapping": {"email": "mail"}}).errors[0]
    path.write_text(line * 1500 + '{"mail": "a@b.c"}\n')
    late = read({"path": str(path), "mapping": {"email": "mail"}})
    assert late.errors == []
    assert late.records[-1]["email"] == "a@b.c"


def test_the_source_runs_from_the_command_line_as_airbyte_runs_it(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("name\nדוד\n", encoding="utf-8")
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps({"path": str(tmp_path / "list.csv"), "mapping": {"full_name": "name"}})
    )

    def run(*arguments: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "connectors.files", *arguments],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines()]

    spec = next(m["spec"] for m in run("spec") if m["type"] == "SPEC")
    assert spec["connectionSpecification"]["required"] == ["path"]
    status = next(
        m for m in run("check", "--config", str(config)) if m["type"] == "CONNECTION_STATUS"
    )
    assert status["connectionStatus"]["status"] == "SUCCEEDED"
    catalog = next(m for m in run("discover", "--config", str(config)) if m["type"] == "CATALOG")
    streams = catalog["catalog"]["streams"]
    keys = {s["name"]: s["source_defined_primary_key"] for s in streams}
    assert keys == {"people": [["record_id"]], "rejected_lines": [["file"], ["line_number"]]}
    configured = tmp_path / "catalog.json"
    configured.write_text(
        json.dumps(
            {
                "streams": [
                    {"stream": s, "sync_mode": "incremental", "destination_sync_mode": "append"}
                    for s in streams
                ]
            }
        )
    )
    messages = run("read", "--config", str(config), "--catalog", str(configured))
    records = [m["record"]["data"] for m in messages if m["type"] == "RECORD"]
    assert [r["full_name"] for r in records] == ["דוד"]
    assert any(m["type"] == "STATE" for m in messages)
