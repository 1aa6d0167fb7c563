"""Decisions on their way from the store into the lake: none lost, none twice."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from decisions.decision import Decision, RecordName
from decisions.store import DecisionStore, sqlite_url
from kesher.cli import main
from kesher.config import Config, load_config
from kesher.data_directory import DataDirectory
from kesher.errors import KesherError
from kesher.lake import Lake, LakeClock
from kesher.lake_writer import LakeWriter
from kesher.steward_decisions import decision_store, take_decisions
from kesher.terminal import Terminal

A = RecordName("stripe", "cus_1")
B = RecordName("zendesk", "77")
C = RecordName("crm", "9")
NOWHERE = "postgresql://dana:h4rd-to-guess@127.0.0.1:1/crm"


class Place:
    """A data directory with its store of decisions and its lake."""

    def __init__(self, root: Path, config: Config) -> None:
        root.mkdir()
        self.data = DataDirectory(root)
        self.config = config
        self.store = DecisionStore(sqlite_url(self.data.decisions))

    def take(self) -> bool:
        return take_decisions(self.config, self.data, Terminal())

    def in_lake(self) -> list[dict[str, Any]]:
        """Every row of the lake's stream, oldest file first."""
        rows = Lake(self.data.lake).dataset("steward", "decisions")
        if rows is None:
            return []
        column = rows.to_table(columns=["_airbyte_data"]).column(0)
        return [orjson.loads(text) for text in column.to_pylist()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path / "data", load_config(environment={}))


def test_a_decision_comes_into_the_lake_once_and_whole(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.take()
    assert place.in_lake() == []
    assert capsys.readouterr().out == ""
    note = 'אותה "לקוחה" 🙂'
    said = place.store.decide(B, A, "same", by="דנה", note=note, evidence="phone: same")
    assert place.take()
    assert place.in_lake() == [
        {
            "decision_id": said.decision_id,
            "left_source": "stripe",
            "left_record_id": "cus_1",
            "right_source": "zendesk",
            "right_record_id": "77",
            "verdict": "same",
            "decided_by": "דנה",
            "decided_at": said.decided_at.isoformat(),
            "note": note,
            "evidence": "phone: same",
            "undone_decision_id": None,
        }
    ]
    assert "1 new decision\n" in capsys.readouterr().out
    undo = place.store.undo(said.decision_id, by="dana")
    assert place.take()
    assert place.take()
    assert [row["decision_id"] for row in place.in_lake()] == [said.decision_id, undo.decision_id]
    assert place.in_lake()[1]["undone_decision_id"] == said.decision_id


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_build_that_is_killed_around_the_lakes_commit_loses_and_repeats_nothing(
    place: Place, moment: str
) -> None:
    said = [place.store.decide(A, other, "same", by="dana") for other in (B, C)]
    script = f"""
import os
from pathlib import Path
from kesher.config import load_config
from kesher.data_directory import DataDirectory
from kesher.lake_writer import LakeWriter
from kesher.steward_decisions import take_decisions
from kesher.terminal import Terminal
commit = LakeWriter.commit
def killed(writer):
    if {moment!r} == "after":
        commit(writer)
    os._exit(9)
LakeWriter.commit = killed
take_decisions(load_config(), DataDirectory(Path({str(place.data.root)!r})), Terminal())
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == 9
    assert len(place.in_lake()) == (2 if moment == "after" else 0)
    place.data.remove_leftovers()
    assert place.take()
    assert [row["decision_id"] for row in place.in_lake()] == [one.decision_id for one in said]


def test_a_lost_store_is_filled_from_the_lake(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    first = place.store.decide(A, B, "same", by="dana", note="הערה", evidence="email: same")
    place.store.undo(first.decision_id, by="yoav")
    before = place.store.decisions()
    place.take()
    for leftover in place.data.root.glob("decisions.sqlite*"):
        leftover.unlink()
    place.take()
    assert place.store.decisions() == before
    assert "0 new decisions, 2 brought back from the lake" in capsys.readouterr().out
    assert len(place.in_lake()) == 2
    place.store.decide(A, B, "different", by="dana")
    place.take()
    assert len(place.in_lake()) == 3


def test_a_store_at_another_address_gets_what_the_one_before_had(
    place: Place, tmp_path: Path
) -> None:
    said = place.store.decide(A, B, "same", by="dana")
    place.take()
    moved = dataclasses.replace(place.config, decisions_url=sqlite_url(tmp_path / "new.sqlite"))
    assert take_decisions(moved, place.data, Terminal())
    with decision_store(moved, place.data) as store:
        assert store.decisions() == [said]


def test_what_another_hand_wrote_into_the_lake_is_read_as_far_as_it_makes_sense(
    place: Place,
) -> None:
    whole = {
        "decision_id": "by-hand",
        "left_source": "zendesk",
        "left_record_id": 77,
        "right_source": "stripe",
        "right_record_id": "cus_1",
        "verdict": "different",
        "decided_at": "2026-01-02T03:04:05Z",
    }
    lake = Lake(place.data.lake)
    with LakeWriter(lake, "steward", "decisions", sync_id=1, clock=LakeClock()) as writer:
        writer.add(whole)
        writer.add({**whole, "decision_id": "odd verdict", "verdict": "maybe"})
        writer.add({**whole, "decision_id": "no time", "decided_at": None})
        writer.add({**whole, "decision_id": "bad time", "decided_at": "yesterday"})
        writer.add({"decision_id": "half"})
        writer.add({"something": "else"})
        writer.add_tombstone({"decision_id": "gone"}, datetime.now(UTC))
        writer.commit()
    assert place.take()
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert place.store.decisions() == [Decision("by-hand", A, B, "different", "unknown", moment)]
    assert len(place.in_lake()) == 7


def test_a_store_that_can_not_be_reached_is_told_and_the_lake_stays_as_it_is(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.store.decide(A, B, "same", by="dana")
    place.take()
    away = dataclasses.replace(place.config, decisions_url=NOWHERE)
    assert not take_decisions(away, place.data, Terminal())
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Postgres 127.0.0.1:1/crm, can't be used" in told
    assert "This build goes on without the newest decisions." in told
    assert "h4rd-to-guess" not in told
    assert len(place.in_lake()) == 1


def test_a_damaged_file_of_decisions_is_named_and_the_store_fills_the_gap(place: Place) -> None:
    place.store.decide(A, B, "same", by="dana")
    place.take()
    file = Path(Lake(place.data.lake).files()[0].path)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(KesherError) as caught:
        place.take()
    assert str(file) in str(caught.value)
    assert "the store of decisions fills the gap" in str(caught.value)
    file.unlink()
    place.take()
    assert len(place.in_lake()) == 1


@pytest.mark.parametrize("reachable", [True, False])
def test_build_takes_the_decisions_first_and_says_at_its_end_if_it_could_not(
    place: Place, monkeypatch: pytest.MonkeyPatch, reachable: bool
) -> None:
    place.store.decide(A, B, "same", by="dana")
    seen: list[int] = []
    monkeypatch.setattr("kesher.build.build", lambda *_, **__: seen.append(len(place.in_lake())))
    if not reachable:
        Path("kesher.yml").write_text('decisions: {url: "${DECISIONS_URL}"}')
        monkeypatch.setenv("DECISIONS_URL", NOWHERE)
    result = CliRunner().invoke(main, ["build"])
    assert seen == [1 if reachable else 0], "dbt runs after the decisions came in"
    assert result.exit_code == (0 if reachable else 1)
    assert ("could not be read; see above" in result.output) is not reachable
    assert "h4rd-to-guess" not in result.output
