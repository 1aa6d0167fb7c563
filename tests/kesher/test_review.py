"""`kesher review` over a small published queue and a real store of decisions."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import published_queue
import pytest
from click.testing import CliRunner, Result

from decisions.decision import Decision
from decisions.store import DecisionStore, sqlite_url
from kesher.cli import main
from kesher.config import load_config
from kesher.data_directory import DataDirectory
from kesher.review import review_next
from kesher.terminal import Terminal


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "noa")
    published_queue.publish(tmp_path / "data")
    return tmp_path


def review(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["review", *arguments], prog_name="kesher")


def decisions(here: Path) -> list[Decision]:
    with DecisionStore(sqlite_url(here / "data" / "decisions.sqlite")) as store:
        return store.decisions()


def open_positions() -> list[int]:
    listed = json.loads(review("--json").output)
    positions = [pair["queue_position"] for pair in listed["pairs"]]
    assert listed["open"] == len(positions)
    return positions


def test_the_queue_is_listed_in_its_order_with_the_whole_names_of_records(here: Path) -> None:
    output = review().output
    wanted = ["stripe:s1", "zendesk:z1", "stripe:s3", "zendesk:z2", "mailchimp:l:m4", "stripe:s4"]
    places = [output.index(f"{name}  ") for name in wanted]
    assert places == sorted(places)
    assert "+2.0  near, worth 9.0 usual payments" in output
    assert "for: phone: same and more" in output
    assert "against: different e-mail" in output
    assert "3 pairs are open." in output
    assert "3 pairs are open, 2 of them not shown." in review("--limit", "1").output


def test_json_has_every_column_of_the_queue(here: Path) -> None:
    listed = json.loads(review("--json", "--limit", "1").output)
    assert listed["open"] == 3
    (pair,) = listed["pairs"]
    with duckdb.connect(str(here / "data/serving/g1.duckdb"), read_only=True) as connection:
        columns = [row[0] for row in connection.execute("describe match_review_queue").fetchall()]
    assert list(pair) == columns
    assert (pair["left_name"], pair["evidence"]) == ("דנה לוי", "phone: same")


def test_a_name_out_of_the_data_can_do_nothing_to_the_terminal(here: Path) -> None:
    for output in (review().output, review("next").output):
        assert "Dana [bold]Levi[/] [31m Root" in output
        assert "\x1b" not in output


def test_a_decision_is_kept_with_its_note_and_the_evidence_that_was_seen(here: Path) -> None:
    result = review("decide", "zendesk:z1", "stripe:s1", "same", "--note", "אישרה בטלפון")
    assert result.exit_code == 0
    assert "(דנה לוי): same. The next kesher build" in result.output
    (decision,) = decisions(here)
    assert (str(decision.left), str(decision.right)) == ("stripe:s1", "zendesk:z1")
    assert (decision.verdict, decision.decided_by) == ("same", "noa")
    assert (decision.note, decision.evidence) == ("אישרה בטלפון", "phone: same")
    again = review("decide", "stripe:s1", "zendesk:z1", "different", "--by", "dana")
    assert "It replaces same, by noa on 20" in again.output


@pytest.mark.parametrize(
    ("left", "right", "still_open"),
    [
        ("stripe:s1", "zendesk:z1", [2, 3]),
        # Other records of the same two customers: the question is answered all the same.
        ("crm:c1", "crm:c2", [2, 3]),
        ("crm:c1", "crm:ש 5", [1, 2, 3]),
        ("stripe:s4", "mailchimp:l:m4", [1, 2]),
    ],
)
def test_what_was_decided_is_not_asked_again(
    here: Path, left: str, right: str, still_open: list[int]
) -> None:
    assert review("decide", left, right, "different").exit_code == 0
    assert open_positions() == still_open


def test_a_skipped_pair_comes_back_when_its_records_compare_differently(here: Path) -> None:
    review("decide", "crm:c1", "crm:c2", "skip")
    assert decisions(here)[0].evidence == "phone: same", "that of the strongest pair"
    assert open_positions() == [2, 3]
    with duckdb.connect(str(here / "data/serving/g1.duckdb")) as connection:
        connection.execute(
            "update match_review_queue set evidence = 'phone: similar' where queue_position = 1"
        )
    assert open_positions() == [1, 2, 3]


@pytest.mark.parametrize(
    ("left", "complaint"),
    [
        ("stripe:gone", "stripe has no record gone in what is published"),
        ("strype:s1", "There is no source strype; there are crm, mailchimp, stripe, zendesk."),
        ("s1", "found 's1'; expected source:record_id"),
        ("stripe:' or true --", "stripe has no record ' or true -- in"),
    ],
)
def test_an_unknown_record_is_refused_in_one_line(here: Path, left: str, complaint: str) -> None:
    result = review("decide", left, "zendesk:z1", "same")
    assert result.exit_code == 2
    assert complaint in result.output
    assert result.output.count("\n") == 1
    assert decisions(here) == []


def test_a_record_and_itself_are_no_pair(here: Path) -> None:
    result = review("decide", "stripe:s1", "stripe:s1", "same")
    assert result.exit_code == 1
    assert "stripe:s1 was named twice" in result.output


def test_an_undo_opens_the_question_again_and_tells_what_holds_now(here: Path) -> None:
    review("decide", "stripe:s1", "zendesk:z1", "skip", "--by", "dana")
    review("decide", "stripe:s1", "zendesk:z1", "same")
    assert "What holds is skip, by dana, again." in review("undo").output
    assert "Taken back" in review("undo", "zendesk:z1", "stripe:s1", "--by", "yoav").output
    assert open_positions() == [1, 2, 3]
    assert [decision.verdict for decision in decisions(here)] == ["skip", "same", "undo", "undo"]


def test_a_decision_is_undone_by_its_id_although_its_record_was_deleted_since(here: Path) -> None:
    review("decide", "stripe:s1", "zendesk:z1", "same")
    with duckdb.connect(str(here / "data/serving/g1.duckdb")) as connection:
        connection.execute("delete from customer_identities where record_id = 's1'")
    (decision,) = decisions(here)
    assert review("undo", decision.decision_id).exit_code == 0
    assert decisions(here)[1].undone_decision_id == decision.decision_id


@pytest.mark.parametrize(
    ("arguments", "complaint", "code"),
    [
        ([], "No decision of noa holds", 2),
        (["stripe:s1", "zendesk:z1"], "No decision holds for stripe:s1 and zendesk:z1", 2),
        (["no-such-id"], "There is no decision no-such-id", 1),
        (["stripe:s1"], "Name two records, or one decision", 2),
        (["a", "b", "c"], "Name two records, or one decision", 2),
    ],
)
def test_what_was_not_decided_can_not_be_undone(
    here: Path, arguments: list[str], complaint: str, code: int
) -> None:
    result = review("undo", *arguments)
    assert complaint in result.output
    assert result.exit_code == code
    assert decisions(here) == []


def test_decisions_are_listed_with_what_became_of_them(here: Path) -> None:
    assert review("decisions").output == "Nothing was decided yet.\n"
    review("decide", "stripe:s1", "zendesk:z1", "skip", "--by", "dana", "--note", "אולי")
    review("decide", "stripe:s1", "zendesk:z1", "same")
    review("decide", "stripe:s3", "zendesk:z2", "different")
    review("undo", "stripe:s3", "zendesk:z2")
    output = review("decisions").output
    states = ["undo (of ", "different (taken back)", "same (holds)", "skip (replaced)"]
    assert [output.index(state) for state in states] == sorted(map(output.index, states))
    assert "אולי" in output
    listed = json.loads(review("decisions", "--json", "--limit", "3").output)
    assert [(row["verdict"], row["holds"], row["is_undone"]) for row in listed] == [
        ("undo", False, False),
        ("different", False, True),
        ("same", True, False),
    ]
    assert (listed[2]["left"], listed[2]["right"]) == ("stripe:s1", "zendesk:z1")


def test_next_shows_both_records_and_every_weight_and_asks_nobody_in_a_pipe(here: Path) -> None:
    output = review("next").output
    assert "Something speaks for one customer, but too little to link them." in output
    for shown in ("stripe:s1", "דנה לוי", "Haifa; Tel Aviv", "left@example.com", "120.00 usd"):
        assert shown in output
    lines = [line.split() for line in output.splitlines()]
    assert ["phone", "same", "+18.0"] in lines
    assert ["before", "comparing", "-16.0"] in lines
    assert ["sum", "80%", "likely", "one", "customer", "+2.0"] in lines
    assert "kesher review decide stripe:s1 zendesk:z1 same|different|skip" in output
    assert decisions(here) == []


def answers(*typed: str) -> Callable[[str], str]:
    """What a steward types, then the end of input."""
    given: Iterator[str] = iter(typed)

    def ask(_: str) -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    return ask


def sit(here: Path, *typed: str) -> list[Decision]:
    """Answer the questions of `kesher review next`; return what is in the store then."""
    data = DataDirectory(here / "data")
    review_next(load_config(environment={}), data, Terminal(), by="noa", ask=answers(*typed))
    return decisions(here)


def test_answers_go_from_pair_to_pair_until_nothing_is_left(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = sit(here, "S", " different father and son ", "k", "never asked")
    assert [(decision.verdict, decision.note) for decision in made] == [
        ("same", None),
        ("different", "father and son"),
        ("skip", None),
    ]
    assert [decision.evidence for decision in made] == [row[-1] for row in published_queue.QUEUE]
    output = capsys.readouterr().out
    assert "Nothing is left to review." in output
    assert "3 decisions kept." in output


def test_the_last_decision_can_be_taken_back_too(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = sit(here, "s", "d", "k", "u", "s", "q")
    assert [decision.verdict for decision in made] == ["same", "different", "skip", "undo", "same"]
    assert made[3].undone_decision_id == made[2].decision_id
    assert made[4].left == made[2].left
    assert capsys.readouterr().out.count("Nothing is left to review.") == 2


def test_an_answer_that_makes_no_sense_is_asked_again_with_help(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sit(here, "", "yes", "?", "q", "s") == []
    assert capsys.readouterr().out.count("k skip: can't tell") == 3


def test_undo_takes_back_what_was_decided_in_this_sitting_only(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review("decide", "crm:c1", "crm:ש 5", "same")
    made = sit(here, "u", "s", "d", "u", "u", "u")
    assert [decision.verdict for decision in made[1:]] == ["same", "different", "undo", "undo"]
    assert [decision.undone_decision_id for decision in made[3:]] == [
        made[2].decision_id,
        made[1].decision_id,
    ]
    output = capsys.readouterr().out
    assert output.count("You have decided nothing yet") == 2
    assert open_positions() == [1, 2, 3]


def test_next_asks_on_a_real_terminal(here: Path) -> None:
    steward, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kesher", "review", "next", "--by", "noa"],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "100"},
    )
    os.close(terminal)
    typed = iter([b"d father and son\n", b"q\n"])
    output = b""
    try:
        while True:
            try:
                output += os.read(steward, 4096)
            except OSError:  # the other end is closed
                break
            if output.endswith(b"or quit? "):
                os.write(steward, next(typed))
                output += b"\n"
    finally:
        os.close(steward)
        process.wait(30)
    assert process.returncode == 0, output.decode()
    assert "1 decision kept." in output.decode()
    (decision,) = decisions(here)
    assert (decision.verdict, decision.note) == ("different", "father and son")


def test_stewards_who_decide_at_the_same_time_are_all_heard(here: Path) -> None:
    command = [sys.executable, "-m", "kesher", "review", "decide", "stripe:s1", "zendesk:z1"]
    processes = [
        subprocess.Popen([*command, "same", "--by", steward], stdout=subprocess.DEVNULL)
        for steward in ("dana", "yoav", "noa")
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert {decision.decided_by for decision in decisions(here)} == {"dana", "yoav", "noa"}


def test_a_locked_store_is_one_clear_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decisions.store.PATIENCE_SECONDS", 0.2)
    review("decide", "stripe:s3", "zendesk:z2", "same")
    with sqlite3.connect(here / "data/decisions.sqlite") as other:
        other.execute("begin exclusive")
        result = review("decide", "stripe:s1", "zendesk:z1", "same")
    assert result.exit_code == 1
    assert "locked by another program" in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["next"], ["decide", "stripe:s1", "zendesk:z1", "same"]], ids=" ".join
)
def test_before_anything_is_published_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = review(*arguments)
    assert result.exit_code == 1
    assert "kesher run publishes the customers" in result.output
    assert list(tmp_path.iterdir()) == [], "asking makes nothing"
    published_queue.publish(tmp_path / "data", with_queue=False)
    assert "no review queue yet: kesher run publishes one" in review(*arguments).output


def test_who_decides_must_be_known(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr("getpass.getuser", unknown)
    result = review("decide", "stripe:s1", "zendesk:z1", "same")
    assert result.exit_code == 1
    assert "say it with --by" in result.output
