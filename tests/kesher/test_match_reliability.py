"""`kesher match` believes a column as far as the records themselves show that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from match_command import groups, kesher, person, write_csv

_GIVEN = ["Dana", "Barnaby", "Chloe", "Vincent", "Sofia", "Mitchell", "Ruth", "Oswald", "Imogen"]
_FAMILY = ["Cohen", "Mizrahi", "Peretz", "Goldfarb", "Wexler", "Dahan", "Azulay", "Kaplinsky",
           "Tamir", "Rozen", "Sasson", "Quilliam"]  # fmt: skip
_STREETS = ["Herzl", "Allenby", "Jabotinsky", "Weizmann", "Sokolow", "Arlozorov", "Bialik"]


def national_id(number: int) -> str:
    """Return an id with the right check digit."""
    digits = f"{number:08}"
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(digits)]
    return digits + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def people(number: int, start: int = 0) -> Iterator[dict[str, str]]:
    """Yield people who live alone, each with a national id, a birth date and an address."""
    for place in range(start, start + number):
        yield {
            "given_name": _GIVEN[place % len(_GIVEN)],
            "family_name": _FAMILY[place // len(_GIVEN) % len(_FAMILY)],
            "birth_date": f"{1940 + place % 61}-{place * 5 % 12 + 1:02}-{place * 11 % 27 + 2:02}",
            "national_id": national_id(10_000_000 + place * 76_543),
            "street": f"{_STREETS[place % 7]} {place // 7 + 1}",
            "city": "Haifa",
            "postcode": f"{3_100_000 + place * 131}",
        }


def renamed(one: dict[str, str]) -> dict[str, str]:
    """Return a person with another given name."""
    other = _GIVEN[(_GIVEN.index(one["given_name"]) + 3) % len(_GIVEN)]
    return {**one, "given_name": other}


def twice(
    everyone: Iterable[dict[str, str]], again: Iterable[dict[str, str]]
) -> list[dict[str, str]]:
    """Return two records of each, `crm:n` and `shop:n`."""
    numbers = count()
    return [
        row
        for one, other, number in zip(everyone, again, numbers, strict=False)
        for row in (person(str(number), **one), person(str(number), "shop", **other))
    ]


def matched(rows: list[dict[str, str]], folder: Path, *options: str) -> tuple[Result, Path]:
    source, out = write_csv(folder / "in.csv", rows), folder / "out.csv"
    return kesher("match", source, "--out", out, "--keep", folder / "kept.duckdb", *options), out


def changed_weights(folder: Path) -> dict[tuple[str, str], float]:
    """Return m of the levels that do not weigh what ships, the prior aside."""
    with duckdb.connect(str(folder / "kept.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            """
            select weights.comparison, weights.level, weights.m
            from identity.int_identity__weights as weights
            inner join seeds.identity_weights as shipped using (comparison, level)
            where weights.m <> shipped.m and comparison <> 'prior'
            """
        ).fetchall()
    return {(comparison, level): m for comparison, level, m in rows}


def pair(number: int | str) -> frozenset[str]:
    return frozenset([f"crm:{number}", f"shop:{number}"])


def test_where_columns_are_well_kept_nothing_changes(tmp_path: Path) -> None:
    everyone = list(people(200))
    again = [renamed(one) if place % 100 == 0 else one for place, one in enumerate(everyone)]
    result, out = matched(twice(everyone, again), tmp_path)
    assert "here" not in result.stderr
    assert changed_weights(tmp_path) == {}
    assert groups(out) == {pair(number) for number in range(200)}


def test_few_people_say_nothing_of_a_column(tmp_path: Path) -> None:
    everyone = list(people(25))
    result, _ = matched(twice(everyone, map(renamed, everyone)), tmp_path)
    assert "here" not in result.stderr
    assert changed_weights(tmp_path) == {}


@pytest.fixture
def a_register() -> list[dict[str, str]]:
    """480 people who live alone; every fifth has another given name in the second list."""
    everyone = list(people(480))
    return twice(
        everyone, (renamed(one) if place % 5 == 0 else one for place, one in enumerate(everyone))
    )


def test_names_that_are_often_wrong_part_nobody_where_there_are_no_households(
    a_register: list[dict[str, str]], tmp_path: Path
) -> None:
    (one,) = people(1, start=700)
    doubtful = [person("x", **one), person("x", "shop", **{**renamed(one), "national_id": ""})]
    result, out = matched(a_register + doubtful, tmp_path)
    assert "given_name: 20% of 480 people with one national id and birth date" in result.stderr
    assert "at 96 of 96 addresses" in " ".join(result.stderr.split())
    assert changed_weights(tmp_path) == {
        ("given_name", "different"): pytest.approx(0.2),
        ("household", "shared"): 1,
    }
    assert pair("x") in groups(out)


def test_by_themselves_these_two_are_two(tmp_path: Path) -> None:
    (one,) = people(1, start=700)
    doubtful = [person("x", **one), person("x", "shop", **{**renamed(one), "national_id": ""})]
    _, out = matched(doubtful, tmp_path)
    assert len(groups(out)) == 2


def test_twins_with_two_ids_and_father_and_son_stay_two_whatever_the_others_are(
    a_register: list[dict[str, str]], tmp_path: Path
) -> None:
    twin, father = people(2, start=700)
    other_twin = {**renamed(twin), "national_id": national_id(55_512_345)}
    son = {**father, "birth_date": "2004-11-29", "national_id": national_id(66_612_345)}
    mother = {**renamed(father), "birth_date": "1961-11-28", "national_id": ""}
    family = [
        person("twin", **twin),
        person("other", **other_twin),
        person("father", **father),
        person("son", **son),
        person("mother", **mother),
    ]
    result, out = matched(a_register + family, tmp_path)
    assert "a common address is no household here" in " ".join(result.stderr.split())
    alone = {frozenset([f"crm:{who}"]) for who in ("twin", "other", "father", "son", "mother")}
    assert alone <= groups(out)


def test_in_households_names_that_are_often_wrong_leave_twins_two(
    a_register: list[dict[str, str]], tmp_path: Path
) -> None:
    partners = [
        person(
            f"p{place}",
            **{
                **renamed(one),
                "birth_date": f"{1938 + place % 40}-12-{place % 27 + 1:02}",
                "national_id": national_id(70_000_000 + place * 7_919),
            },
        )
        for place, one in enumerate(people(480))
        if place % 4 == 1
    ]
    (twin,) = people(1, start=700)
    twins = [person("t", **twin), person("t", "shop", **{**renamed(twin), "national_id": ""})]
    result, out = matched(a_register + partners + twins, tmp_path)
    assert "other given names weigh less here" in " ".join(result.stderr.split())
    assert "household" not in result.stderr
    assert pair("t") not in groups(out)
    assert {frozenset([f"crm:p{place}"]) for place in range(1, 480, 4)} <= groups(out)


def test_ids_that_each_system_made_up_part_nobody(tmp_path: Path) -> None:
    everyone = list(people(150))
    again = [
        {**one, "national_id": national_id(82_345_678 - place * 70_211)}
        for place, one in enumerate(everyone)
    ]
    result, out = matched(twice(everyone, again), tmp_path)
    assert "people with one name, birth date and home have plainly different ones" in result.stderr
    assert changed_weights(tmp_path)["national_id", "different"] > 0.9
    assert groups(out) == {pair(number) for number in range(150)}


def test_fitted_weights_go_before(a_register: list[dict[str, str]], tmp_path: Path) -> None:
    result, _ = matched(a_register, tmp_path, "--train")
    assert "here" not in result.stderr
    assert len(changed_weights(tmp_path)) > 5
