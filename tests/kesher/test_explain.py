from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from match_command import PEOPLE, kesher, person, write_csv

from kesher.explain_words import percent, shown
from kesher.strongest_path import strongest_path


def explained(database: Path, left: str, right: str) -> dict:
    result = kesher("explain", left, right, "--database", database, "--json")
    return dict(json.loads(result.stdout))


def test_the_weights_sum_up_to_the_match_weight(kept_database: Path) -> None:
    told = explained(kept_database, "crm:1", "shop:2")
    total = 0.0
    for part in told["contributions"]:
        total += part["weight"]
        assert part["total"] == pytest.approx(total)
    assert told["match_weight"] == pytest.approx(total)
    assert told["probability"] == pytest.approx(1 - 1 / (1 + 2**total))
    with duckdb.connect(str(kept_database), read_only=True) as connection:
        weights = connection.execute(
            "select match_weight from identity.int_identity__pair_scores"
        ).fetchall()
    assert any(weight == pytest.approx(total) for (weight,) in weights)


def test_both_values_stand_side_by_side_as_they_came(kept_database: Path) -> None:
    told = explained(kept_database, "crm:1", "shop:2")
    phone = next(part for part in told["contributions"] if part["comparison"] == "phone")
    assert (phone["left"], phone["right"]) == ("050-5117133", "+972 50-511-7133")
    assert phone["words"] == "same phone"
    assert phone["weight"] > 0
    turned = explained(kept_database, "shop:2", "crm:1")
    phone = next(part for part in turned["contributions"] if part["comparison"] == "phone")
    assert (phone["left"], phone["right"]) == ("+972 50-511-7133", "050-5117133")
    assert turned["match_weight"] == told["match_weight"]


def test_only_what_a_source_said_is_shown_and_names_may_hold_colons(tmp_path: Path) -> None:
    people = [
        person(source="a:b", record_id="1:2", full_name="Dana Cohen", email="dana@example.com"),
        person(source="c", record_id="3", full_name="Dana Cohen", email="dana@example.com"),
    ]
    file = write_csv(tmp_path / "people.csv", people)
    kept = tmp_path / "kept.duckdb"
    kesher("match", file, "--out", tmp_path / "out.csv", "--keep", kept)
    page = tmp_path / "page.html"
    told = kesher("explain", "a:b:1:2", "c:3", "--database", kept, "--html", page)
    assert "a:b:1:2" in told.stdout
    text = page.read_text(encoding="utf-8")
    assert "1970" not in text
    assert "digest" not in text
    lost = kesher("explain", "a:b:1:9", "c:3", "--database", kept, expect=1)
    assert "a:b:1:9" in lost.stderr


def test_father_and_son_and_exchanged_names_are_told_for_what_they_are(tmp_path: Path) -> None:
    home = {"street": "Elm St 4", "city": "Boston", "postcode": "02108"}
    people = [
        person(source="crm", record_id="1", full_name="John Winter Jr.", **home),
        person(source="shop", record_id="2", full_name="John Winter Sr.", **home),
        person(
            source="crm", record_id="3", given_name="Dana", family_name="Cohen", email="d@x.org"
        ),
        person(
            source="shop", record_id="4", given_name="Cohen", family_name="Dana", email="d@x.org"
        ),
        person(source="crm", record_id="5", given_name="דנה", family_name="לוי", email="e@x.org"),
        person(source="shop", record_id="6", given_name="לוי", family_name="דנה", email="e@x.org"),
    ]
    file = write_csv(tmp_path / "people.csv", people)
    kept = tmp_path / "kept.duckdb"
    kesher("match", file, "--out", tmp_path / "out.csv", "--keep", kept)

    def named(left: str, right: str) -> dict[str, tuple[str, str, str]]:
        return {
            part["comparison"]: (part["left"], part["right"], part["words"])
            for part in explained(kept, left, right)["contributions"]
        }

    generations = ("John, junior", "John, senior", "of different generations")
    assert named("crm:1", "shop:2")["given_name"] == generations
    for left, right, given_name, family_name in (
        ("crm:3", "shop:4", "Dana", "Cohen"),
        ("crm:5", "shop:6", "דנה", "לוי"),
    ):
        told = named(left, right)
        assert told["given_name"] == (given_name, family_name, "the other's family name")
        assert told["family_name"] == (family_name, given_name, "the other's given name")
        assert told["name_order"] == (
            f"{given_name}, {family_name}",
            f"{family_name}, {given_name}",
            "given and family name exchanged",
        )
    printed = kesher("explain", "crm:3", "shop:4", "--database", kept).stdout
    assert re.search(r"order of the names +Dana, Cohen +Cohen, Dana +given and family", printed)


def test_parts_of_a_full_name_are_shown_as_they_stand_there(tmp_path: Path) -> None:
    people = [
        person(source="crm", record_id="1", full_name="Dr. Seán O'Brien", email="a@isle.example"),
        person(source="shop", record_id="2", full_name="O'BRIEN, SEAN", email="b@isle.example"),
        person(source="crm", record_id="3", full_name="Сергей Абу-Исса", phone="054-2345678"),
        person(source="shop", record_id="4", full_name="Sergey Abu Issa", phone="054-2345678"),
    ]
    file = write_csv(tmp_path / "people.csv", people)
    kept = tmp_path / "kept.duckdb"
    kesher("match", file, "--out", tmp_path / "out.csv", "--keep", kept)

    def sides(left: str, right: str) -> dict[str, tuple[str, str]]:
        return {
            part["comparison"]: (part["left"], part["right"])
            for part in explained(kept, left, right)["contributions"]
        }

    told = sides("crm:1", "shop:2")
    assert told["given_name"] == ("Seán", "SEAN")
    assert told["family_name"] == ("O'Brien", "O'BRIEN")
    assert told["company"] == ("isle.example", "isle.example")
    told = sides("crm:3", "shop:4")
    assert told["given_name"] == ("Сергей Абу-Исса", "Sergey")
    assert told["family_name"] == ("Сергей Абу-Исса", "Abu Issa")


def test_the_table_reads_as_a_sum(kept_database: Path) -> None:
    printed = kesher("explain", "crm:1", "news:3", "--database", kept_database).stdout
    assert re.search(r"any two records +before anything is known +-\d+\.\d\d", printed)
    assert re.search(r"e-mail +dana.cohen@gmail.com +Dana.Cohen@gmail.com +same e-mail", printed)
    assert "One customer: the weights sum up to +" in printed
    assert "They were compared because they share: " in printed
    assert re.search(r"Not known of both, so without weight: .*birth date", printed)


def test_a_pair_that_was_never_compared_is_scored_by_the_same_sql(
    kept_database: Path, tmp_path: Path
) -> None:
    told = explained(kept_database, "crm:4", "shop:5")
    assert not told["was_compared"]
    assert not told["is_one_customer"]
    assert told["blocks"] == []
    assert "They share no blocking key, so they were not compared" in told["verdict"]
    assert told["match_weight"] < 0

    # The same two with a blocking key in common get the same weights where nothing else changed.
    compared = explained(kept_database, "crm:1", "crm:6")
    assert {part["comparison"] for part in told["contributions"]} == {
        part["comparison"] for part in compared["contributions"]
    }


def test_scoring_a_compared_pair_again_gives_what_was_stored(
    kept_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = explained(kept_database, "crm:1", "news:3")
    monkeypatch.setattr("kesher.explain._strongest_kept", lambda *_: None)
    again = explained(kept_database, "crm:1", "news:3")
    assert stored["was_compared"]
    for one, other in zip(stored["contributions"], again["contributions"], strict=True):
        assert one == {**other, "weight": pytest.approx(other["weight"]),
                       "total": pytest.approx(other["total"])}  # fmt: skip


def test_of_two_customers_the_most_similar_records_are_explained(kept_database: Path) -> None:
    with duckdb.connect(str(kept_database), read_only=True) as connection:
        ids = dict(
            connection.execute(
                "select source || ':' || record_id, customer_id "
                "from identity.int_identity__customer_ids"
            ).fetchall()
        )
    told = explained(kept_database, ids["crm:1"], ids["crm:6"])
    assert told["left"]["customer_id"] == ids["crm:1"]
    assert (told["right"]["source"], told["right"]["record_id"]) == ("crm", "6")
    # A record and its own customer: how it hangs together with the others.
    inside = explained(kept_database, "news:3", ids["crm:1"])
    assert inside["is_one_customer"]
    assert inside["right"]["record_id"] != "3"


def test_two_that_are_one_through_others_get_the_way_there(kept_database: Path) -> None:
    told = explained(kept_database, "shop:2", "news:3")
    assert told["is_one_customer"]
    if not told["is_linked"]:
        assert [hop["left"] for hop in told["path"]] == ["shop:2", "crm:1"]
        assert told["path"][-1]["right"] == "news:3"
        assert "other records join them in 2 steps" in told["verdict"]
        printed = kesher("explain", "shop:2", "news:3", "--database", kept_database).stdout
        assert "shop:2 - crm:1: +" in printed
    else:
        assert told["path"] == []


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ("crm:99", "crm:1", "has no record and no customer 'crm:99'"),
        ("crm:1", "kc_nobody", "with one of its sources (crm, news, shop)"),
        ("crm:1", "crm:1", "are the same"),
        ("crm:1", "1", "are the same"),
        ("crm:1", "'; drop table x; --", "has no record and no customer"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(
    kept_database: Path, left: str, right: str, said: str
) -> None:
    result = kesher("explain", left, right, "--database", kept_database, expect=1)
    (line,) = result.stderr.splitlines()
    assert said in line


def test_a_database_of_something_else_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    result = kesher("explain", "a:1", "b:2", "--database", other, expect=1)
    assert "has no table int_identity__person_records" in result.stderr
    (tmp_path / "text.duckdb").write_text("hello " * 5000)
    result = kesher("explain", "a:1", "b:2", "--database", tmp_path / "text.duckdb", expect=1)
    assert "can't be opened" in result.stderr
    result = kesher("explain", "a:1", "b:2", "--data-dir", tmp_path / "data", expect=1)
    assert "There is no warehouse" in result.stderr
    assert "--database FILE" in result.stderr


def test_the_threshold_and_the_further_columns_of_the_match_are_known(tmp_path: Path) -> None:
    people = write_csv(tmp_path / "in.csv", [{**row, "card": "77-1"} for row in PEOPLE])
    kept = tmp_path / "kept.duckdb"
    arguments = ["--out", tmp_path / "o.csv", "--keep", kept, "--threshold", "0.5"]
    kesher("match", people, *arguments, "--also", "card")
    told = explained(kept, "crm:1", "shop:2")
    assert told["link_weight"] == 0
    (card,) = (part for part in told["contributions"] if part["title"] == "card")
    assert (card["left"], card["right"]) == ("77-1", "77-1")


@pytest.fixture
def changed(kept_database: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Change a copy of the database; $low and $high are the keys of crm:1 and news:3."""

    def change(statement: str) -> Path:
        copy = Path(shutil.copy(kept_database, tmp_path / "changed.duckdb"))
        with duckdb.connect(str(copy)) as connection:
            keys = dict(
                connection.execute(
                    "select source || ':' || record_id, record_key "
                    "from identity.int_identity__person_records"
                ).fetchall()
            )
            low, high = sorted((keys["crm:1"], keys["news:3"]))
            connection.execute(statement, {"low": low, "high": high})
        return copy

    return change


def test_records_that_agree_in_a_further_column_only_are_compared(tmp_path: Path) -> None:
    people = [
        {**person(source="crm", record_id="1", full_name="Dana Cohen"), "card": "K-4711"},
        {**person(source="shop", record_id="2", full_name="דפנה רוזן"), "card": "K-4711"},
        {**person(source="shop", record_id="3", full_name="Amit Gal"), "card": "K-4712"},
    ]
    file = write_csv(tmp_path / "people.csv", people)
    kept = tmp_path / "kept.duckdb"
    kesher("match", file, "--out", tmp_path / "out.csv", "--also", "card", "--keep", kept)
    told = explained(kept, "crm:1", "shop:2")
    assert told["was_compared"]
    assert [block["key"] for block in told["blocks"]] == ["card"]
    assert not explained(kept, "crm:1", "shop:3")["was_compared"]


@pytest.mark.parametrize(("verdict", "said"), [("same", "One"), ("different", "Two")])
def test_what_a_steward_decided_comes_first(
    changed: Callable[[str], Path], verdict: str, said: str
) -> None:
    database = changed(
        f"""
        insert into identity.int_identity__decided_pairs by name
        select $low as left_record_key, $high as right_record_key, '{verdict}' as verdict,
            'ruth' as decided_by, timestamp '2026-03-04 10:00' as decided_at
        """
    )
    told = explained(database, "crm:1", "news:3")
    assert told["decision"]["verdict"] == verdict
    assert told["verdict"].startswith(f"{said} customer")
    assert "ruth decided so on 2026-03-04. The weights alone give +" in told["verdict"]


def test_a_link_that_was_cut_is_told(changed: Callable[[str], Path]) -> None:
    database = changed(
        "update identity.int_identity__customer_ids set customer_id = 'kc_other' "
        "where record_key in ($low, $high) and source = 'news'"
    )
    told = explained(database, "crm:1", "news:3")
    assert not told["is_one_customer"]
    assert told["is_cut"]
    assert told["contradiction"] is None
    assert "but the link was cut, because the group that it belonged to" in told["verdict"]


def test_what_a_cut_link_would_have_joined_is_named(tmp_path: Path) -> None:
    mailbox, phone = "yossi.peretz@gmail.com", "050-5117133"
    people = write_csv(
        tmp_path / "people.csv",
        [
            person("1", full_name="Yossi Peretz", email=mailbox, birth_date="1951-02-03"),
            person("2", "shop", full_name="Y. Peretz", email=mailbox, phone=phone),
            person("3", "news", full_name="Yaron Peretz", phone=phone, birth_date="1984-11-30"),
        ],
    )
    kept = tmp_path / "kept.duckdb"
    kesher("match", people, "--out", tmp_path / "out.csv", "--keep", kept)
    told = explained(kept, "shop:2", "news:3")
    assert told["is_cut"]
    assert {told["contradiction"]["left"], told["contradiction"]["right"]} == {"crm:1", "news:3"}
    assert "because it would have made one customer of " in told["verdict"]
    assert "1951-02-03" in told["verdict"]
    assert "1984-11-30" in told["verdict"]


def test_two_ids_and_two_birth_dates_part_even_what_is_linked(tmp_path: Path) -> None:
    home = {"email": "gefen@family.example", "phone": "050-5117133", "external_ids": "erp:17"}
    people = write_csv(
        tmp_path / "people.csv",
        [
            person(
                "1",
                full_name="Shlomo Gefen",
                national_id="213746555",
                birth_date="1950-04-17",
                gender="m",
                **home,
            ),
            person(
                "2",
                "shop",
                full_name="Shlomo Gefen",
                national_id="304589179",
                birth_date="1979-11-26",
                gender="female",
                **home,
            ),
        ],
    )
    kept = tmp_path / "kept.duckdb"
    kesher("match", people, "--out", tmp_path / "out.csv", "--keep", kept)
    told = explained(kept, "crm:1", "shop:2")
    assert told["match_weight"] > told["link_weight"]
    assert told["is_cut"]
    assert not told["is_one_customer"]
    assert "because the two contradict each other: " in told["verdict"]
    assert "different national id (213746555 and 304589179)" in told["verdict"]
    assert "different birth date (1950-04-17 and 1979-11-26)" in told["verdict"]
    (gender,) = (part for part in told["contributions"] if part["comparison"] == "gender")
    assert (gender["left"], gender["right"]) == ("m", "female")
    assert gender["words"] == "different gender"
    assert gender["weight"] == pytest.approx(-5.06, abs=0.01)


def test_a_customer_that_was_merged_away_leads_to_the_one_that_is(
    changed: Callable[[str], Path],
) -> None:
    database = changed(
        """
        create table customer_id_history as
        select 'merge' as event, 'kc_old' as customer_id, 'kc_new' as other_customer_id,
            timestamp '2026-03-04' as happened_at, $low as low, $high as high
        """
    )
    result = kesher("explain", "kc_old", "crm:1", "--database", database, expect=1)
    assert "Customer kc_old was merged into kc_new" in result.stderr


def test_the_warehouse_is_looked_into_and_never_written(published_demo) -> None:
    with duckdb.connect(str(published_demo.serving), read_only=True) as connection:
        (left, right, weight) = connection.execute(
            "select left_source || ':' || left_record_id, right_source || ':' || right_record_id, "
            "match_weight from customer_links where match_weight < 90 "
            "order by match_weight limit 1"
        ).fetchone()
    before = published_demo.warehouse.read_bytes()
    result = kesher("explain", left, right, "--data-dir", published_demo.data_dir, "--json")
    told = json.loads(result.stdout)
    assert told["is_one_customer"]
    assert told["match_weight"] == pytest.approx(weight)
    assert published_demo.warehouse.read_bytes() == before


def test_a_warehouse_that_is_being_built_is_told(kept_database: Path, tmp_path: Path) -> None:
    copy = shutil.copy(kept_database, tmp_path / "busy.duckdb")
    script = (
        f"import duckdb, time\nc = duckdb.connect({str(copy)!r})\n"
        "print('open', flush=True)\ntime.sleep(60)"
    )
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        result = kesher("explain", "crm:1", "crm:4", "--database", copy, expect=1)
        assert "is being written just now; try again" in result.stderr
    finally:
        writer.kill()
        writer.wait()


class _Page(HTMLParser):
    """Collects what matters: addresses, and whether tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_by_itself_and_holds_any_value(tmp_path: Path) -> None:
    hostile = '<script>alert("1")</script>&amp;\x1b[31m'
    rows = [
        person("1", full_name="דנה כהן", company=hostile, phone="050-5117133"),
        person("2", full_name="דנה כהן", company="x" * 10_000, phone="050-5117133"),
    ]
    people, kept = write_csv(tmp_path / "in.csv", rows), tmp_path / "kept.duckdb"
    kesher("match", people, "--out", tmp_path / "o.csv", "--keep", kept)
    page = tmp_path / "why.html"
    result = kesher("explain", "crm:1", "crm:2", "--database", kept, "--html", page)
    assert "\x1b" not in result.stdout
    written = page.read_text()
    parsed = _Page()
    parsed.feed(written)
    assert parsed.open == []
    assert parsed.addresses == []
    assert "<script" not in written
    assert '<script>alert("1")</script>&amp; [31m' in parsed.text
    assert "<bdi>דנה</bdi>" in written
    assert "x" * 301 not in written
    assert 'role="img"' in written
    assert "<title id=" in written
    assert "http" not in written.replace("http-equiv", "")
    assert "\x1b" not in written


def test_only_a_page_is_overwritten(kept_database: Path) -> None:
    before = kept_database.read_bytes()
    arguments = ["--database", kept_database, "--html", kept_database]
    assert (
        "a page ends in .html" in kesher("explain", "crm:1", "crm:4", *arguments, expect=2).stderr
    )
    assert kept_database.read_bytes() == before


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(-20, 20).map(float)),
        max_size=20,
    ),
    st.integers(0, 7),
    st.integers(0, 7),
)
def test_the_strongest_path_is_the_one_with_the_strongest_weakest_link(
    links: list[tuple[int, int, float]], start: int, end: int
) -> None:
    links = sorted(((a, b, w) for a, b, w in links if a != b), key=lambda link: -link[2])
    way = strongest_path(links, start, end)

    def reaches(least: float) -> bool:
        seen, waiting = {start}, [start]
        while waiting:
            node = waiting.pop()
            for a, b, weight in links:
                for here, there in ((a, b), (b, a)):
                    if here == node and weight >= least and there not in seen:
                        seen.add(there)
                        waiting.append(there)
        return end in seen

    if start == end or not reaches(-100):
        assert way == []
        return
    assert (way[0], way[-1]) == (start, end)
    assert len(set(way)) == len(way)
    steps = [
        max(weight for a, b, weight in links if {a, b} == {here, there})
        for here, there in pairwise(way)
    ]
    assert reaches(min(steps))
    assert not reaches(min(steps) + 0.5)


@given(st.text(max_size=200), st.integers(5, 50))
def test_what_goes_to_the_terminal_is_short_and_without_codes(text: str, width: int) -> None:
    safe = shown(text, width)
    assert len(safe.strip("\u2068\u2069")) <= width
    assert all(char.isprintable() or char in "\u2068\u2069" for char in safe), repr(safe)


def test_what_is_all_but_sure_does_not_look_sure() -> None:
    assert percent(0.999999) == "> 99.99%"
    assert percent(0.00001) == "< 0.01%"
    assert percent(0.5) == "50.00%"
