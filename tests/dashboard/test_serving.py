import json
from pathlib import Path

import pytest
from made_serving import Made, publish

from dashboard import serving


def _one_customer(name: str) -> Made:
    made = Made()
    made.customer("kc_1", display_name=name)
    return made


def _shown(directory: Path) -> str:
    opened = serving.open_published(directory)
    assert opened is not None
    _, cursor = opened
    row = cursor.execute("select display_name from customers").fetchone()
    assert row is not None
    return str(row[0])


def test_nothing_published_is_no_error(tmp_path: Path) -> None:
    assert serving.open_published(tmp_path / "never_made") is None
    assert serving.open_published(tmp_path) is None


def test_a_new_generation_shows_at_the_next_run(tmp_path: Path) -> None:
    publish(_one_customer("before"), tmp_path, "g1")
    assert _shown(tmp_path) == "before"
    opened = serving.open_published(tmp_path)
    assert opened is not None
    old = opened[1]
    publish(_one_customer("after"), tmp_path, "g2")
    assert _shown(tmp_path) == "after"
    # A page that is being drawn goes on reading what it began with.
    row = old.execute("select display_name from customers").fetchone()
    assert row == ("before",)


def test_an_old_generation_that_was_cleared_away_does_not_disturb(tmp_path: Path) -> None:
    for number in range(5):
        file = publish(_one_customer(str(number)), tmp_path, f"g{number}")
        assert _shown(tmp_path) == str(number)
        if number:
            (tmp_path / f"g{number - 1}.duckdb").unlink()
    assert file.exists()


def test_a_generation_that_was_rewritten_in_place_is_opened_anew(tmp_path: Path) -> None:
    file = publish(_one_customer("first"), tmp_path, "g1")
    assert _shown(tmp_path) == "first"
    file.unlink()
    serving._connection.clear()
    publish(_one_customer("second"), tmp_path, "g1")
    assert _shown(tmp_path) == "second"


def test_the_published_file_cannot_be_written_nor_reach_other_files(tmp_path: Path) -> None:
    publish(_one_customer("x"), tmp_path, "g1")
    opened = serving.open_published(tmp_path)
    assert opened is not None
    for sql in (
        "delete from customers",
        f"copy customers to '{tmp_path}/stolen.csv'",
        "select * from read_text('/etc/hostname')",
        "set enable_external_access = true",
    ):
        with pytest.raises(Exception, match=r"read-only|disabled|locked|[Cc]annot"):
            opened[1].execute(sql)
    assert not (tmp_path / "stolen.csv").exists()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"x"', "{}", '{"generation": "g"}', "\x00", '{"generation": 1, "file": null}'],
)
def test_a_pointer_that_makes_no_sense_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "current.json").write_text(text)
    with pytest.raises(serving.ServingError, match=r"current\.json|cannot open"):
        serving.open_published(tmp_path)


def test_a_pointer_to_a_file_that_is_gone_or_damaged_is_told(tmp_path: Path) -> None:
    pointer = {"generation": "g", "file": "g.duckdb", "published_at": "nonsense"}
    (tmp_path / "current.json").write_text(json.dumps(pointer))
    with pytest.raises(serving.ServingError, match=r"g\.duckdb"):
        serving.open_published(tmp_path)
    (tmp_path / "g.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(serving.ServingError, match=r"g\.duckdb"):
        serving.open_published(tmp_path)
