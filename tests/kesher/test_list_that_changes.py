"""Of several files one changes: who is gone goes, and who stands in another one stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_rows import data, rows

from kesher.cli import main
from kesher.lake import DELETED_AT


class Lists:
    """A folder of lists of people, and the data directory that it is read into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lists = folder / "lists"
        self.lists.mkdir(parents=True)
        source = {"type": "files", "path": str(self.lists / "*.csv"), "record_id": "name"}
        source["mapping"] = {"full_name": "name", "city": "city"}
        self.config = folder / "kesher.yml"
        self.config.write_text(yaml.safe_dump({"sources": {"fair": source}}))

    def write(self, name: str, people: dict[str, str]) -> None:
        lines = [f"{person},{city}" for person, city in people.items()]
        (self.lists / name).write_text("\n".join(["name,city", *lines, ""]))

    def sync(self) -> dict[str, int]:
        command = ["--config", str(self.config), "--data-dir", str(self.folder / "data"), "sync"]
        result = CliRunner().invoke(main, [*command, "--stream", "fair.people", "--json"])
        assert result.exit_code == 0, result.output
        (stream,) = json.loads(result.stdout)["streams"]
        return {"records": stream["records"], "vanished": stream["vanished"]}

    def people(self) -> dict[str, tuple[str, str]]:
        """Who there is by the lake: name, city and file."""
        newest = {
            row["record_id"]: row for row in data(self.folder / "data/lake", "fair", "people")
        }
        return {
            name: (row["city"], row["file"])
            for name, row in newest.items()
            if DELETED_AT not in row
        }


def test_who_is_gone_from_a_file_goes_and_who_stands_in_another_one_stays(tmp_path: Path) -> None:
    lists = Lists(tmp_path)
    lists.write("a.csv", {"Ann": "Acre", "Bob": "Acre"})
    lists.write("b.csv", {"Eve": "Eilat", "Zoe": "Eilat"})
    lists.write("c.csv", {"Eve": "Haifa", "Bob": "Haifa"})
    assert lists.sync() == {"records": 6, "vanished": 0}
    assert lists.people()["Eve"] == ("Haifa", "c.csv")

    lists.write("c.csv", {"Dan": "Haifa"})
    assert lists.sync() == {"records": 1, "vanished": 0}, "nothing but c.csv is read again"
    assert lists.people() == {
        "Ann": ("Acre", "a.csv"),
        "Bob": ("Acre", "a.csv"),
        "Eve": ("Eilat", "b.csv"),
        "Zoe": ("Eilat", "b.csv"),
        "Dan": ("Haifa", "c.csv"),
    }

    lists.write("a.csv", {"Ann": "Arad"})
    assert lists.sync() == {"records": 1, "vanished": 1}
    (lists.lists / "b.csv").unlink()
    assert lists.sync() == {"records": 0, "vanished": 2}
    assert lists.people() == {"Ann": ("Arad", "a.csv"), "Dan": ("Haifa", "c.csv")}
    written = len(rows(tmp_path / "data/lake", "fair", "people"))
    assert lists.sync() == {"records": 0, "vanished": 0}
    assert len(rows(tmp_path / "data/lake", "fair", "people")) == written


def test_who_is_gone_goes_with_the_next_sync_when_one_was_killed_before_it_could_tell(
    tmp_path: Path,
) -> None:
    lists = Lists(tmp_path)
    lists.write("a.csv", {"Ann": "Acre", "Bob": "Acre"})
    lists.write("b.csv", {"Eve": "Eilat"})
    lists.sync()
    state = tmp_path / "data/state/fair.json"
    before = json.loads(state.read_text())
    lists.write("a.csv", {"Ann": "Acre"})
    lists.sync()
    assert "Bob" not in lists.people()
    # As a kill leaves it between the last checkpoint and the end: read, and nobody told to be gone.
    (killed,) = json.loads(state.read_text())
    killed["stream"]["stream_state"]["parts"] = before[0]["stream"]["stream_state"]["parts"]
    state.write_text(json.dumps([killed]))
    lake = tmp_path / "data/lake/fair/people"
    max(lake.iterdir()).unlink()
    assert "Bob" in lists.people()
    assert lists.sync() == {"records": 0, "vanished": 1}
    assert set(lists.people()) == {"Ann", "Eve"}


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a.csv", "b.csv", "c.csv"]),
            st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from("xy"), min_size=1),
            min_size=1,
        ),
        min_size=2,
        max_size=4,
    )
)
def test_after_any_changes_the_people_are_those_of_the_files(
    tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, dict[str, str]]]
) -> None:
    lists = Lists(tmp_path_factory.mktemp("lists") / "way")
    for day in days:
        for old in lists.lists.iterdir():
            old.unlink()
        for name, people in day.items():
            lists.write(name, people)
        lists.sync()
        there = {(who, city, name) for name, people in day.items() for who, city in people.items()}
        found = {(who, city, name) for who, (city, name) in lists.people().items()}
        assert found <= there
        assert {who for who, _, _ in found} == {who for who, _, _ in there}
