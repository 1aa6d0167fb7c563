"""The command `kesher` over small files of people, for the tests of match, explain and evaluate."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from click.testing import CliRunner, Result

from kesher.cli import main


def kesher(*arguments: str | Path, expect: int = 0) -> Result:
    """Run the command in this process."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == expect, result.output + result.stderr
    return result


def write_csv(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write rows with all columns that any of them has."""
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a result."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def groups(result: Path) -> set[frozenset[str]]:
    """Return who is together, as sets of `source:record_id`."""
    together: dict[str, set[str]] = {}
    for row in read_csv(result):
        together.setdefault(row["customer_id"], set()).add(f"{row['source']}:{row['record_id']}")
    return {frozenset(members) for members in together.values()}


def person(record_id: str, source: str = "crm", **columns: str) -> dict[str, str]:
    """Return one row."""
    return {"source": source, "record_id": record_id, **columns}


#: Two people with three records and one, two with a record each, and a household.
PEOPLE = [
    person(
        "1",
        full_name="Dana Cohen",
        email="dana.cohen@gmail.com",
        phone="050-5117133",
        street="Herzl 5",
        city="Haifa",
        birth_date="1984-02-03",
    ),
    person("2", "shop", full_name="דנה כהן", phone="+972 50-511-7133", city="חיפה"),
    person("3", "news", given_name="Dana", family_name="Cohen", email="Dana.Cohen@gmail.com"),
    person("4", full_name="Avi Levi", email="avi@levi-tools.co.il", phone="03-5112233"),
    person("5", "shop", full_name="Ruth Mizrahi", email="ruth77@walla.co.il", city="Tel Aviv"),
    person(
        "6",
        full_name="Yoav Cohen",
        street="Herzl 5",
        city="Haifa",
        birth_date="1979-10-11",
        phone="054-7154612",
    ),
]


_GIVEN = [
    ("Dana", "דנה"), ("Yossi", "יוסי"), ("Michal", "מיכל"), ("Avner", "אבנר"), ("Sigal", "סיגל"),
    ("Gadi", "גדי"), ("Rivka", "רבקה"), ("Tomer", "תומר"), ("Nurit", "נורית"), ("Boaz", "בועז"),
]  # fmt: skip
_FAMILY = [
    ("Barkai", "ברקאי"), ("Dagan", "דגן"), ("Peretz", "פרץ"), ("Mizrahi", "מזרחי"),
    ("Golan", "גולן"), ("Sasson", "ששון"), ("Kaplan", "קפלן"), ("Tamir", "תמיר"),
    ("Rozen", "רוזן"), ("Levi", "לוי"), ("Harel", "הראל"), ("Zohar", "זוהר"),
]  # fmt: skip


def people_twice(count: int) -> list[dict[str, str]]:
    """Return two records each of up to 120 people; every second one is once in Hebrew."""
    rows = []
    for place in range(count):
        given, family = _GIVEN[place % 10], _FAMILY[place // 10]
        email = f"box{place * 37 % 1009}@provider{place % 3}.example"
        script = place % 2
        rows += [
            person(f"a{place}", full_name=f"{given[0]} {family[0]}", email=email, city="Haifa"),
            person(
                f"b{place}",
                "shop",
                full_name=f"{given[script]} {family[script]}",
                email=email,
                phone=f"050-5{place:03}{place * 13 % 1000:03}",
            ),
        ]
    return rows
