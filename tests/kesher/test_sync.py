from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from lake_rows import data, rows
from scripted_source import ScriptedSource, punctual_worker, scripted_worker

from kesher import stream_reading, sync_worker
from kesher.errors import KesherError
from kesher.lake import DELETED_AT, Lake
from kesher.lake_writer import LakeWriter
from kesher.source_state import SourceState
from kesher.sync import run_jobs
from kesher.sync_progress import summary_table
from kesher.sync_report import (
    SourceJob,
    StreamPlan,
    StreamResult,
    SyncEvent,
    SyncReport,
)
from kesher.sync_worker import read_source

Steps = list[list[Any]]


def record(key: int, **more: Any) -> list[Any]:
    return ["record", {"id": key, **more}]


class Play:
    """Plays scripts into one lake, as `kesher sync` would."""

    def __init__(self, root: Path) -> None:
        self.lake = root / "lake"
        self.state = root / "state"
        self.logs = root / "logs"

    def job(self, source: str, streams: dict[str, dict[str, Any]], **more: Any) -> SourceJob:
        return SourceJob(
            source=source,
            connector_type="scripted",
            settings={"streams": streams, **more.get("settings", {})},
            lake=str(self.lake),
            state_folder=str(self.state),
            log_file=str(self.logs / f"{source}.log"),
            sync_id=7,
            not_before=Lake(self.lake).latest_stamp(),
            streams=more.get("only"),
            full_refresh=more.get("full_refresh", False),
            since=more.get("since"),
            is_plan_only=more.get("is_plan_only", False),
            reread_days=more.get("reread_days", {}),
            secrets=more.get("secrets", frozenset()),
        )

    def __call__(self, *jobs: SourceJob) -> SyncReport:
        """Run each job in a process of its own."""
        return self._report(run_jobs(jobs, scripted_worker))

    def here(self, job: SourceJob) -> SyncReport:
        """Run a job in this process, which is quicker."""
        logger = logging.getLogger("scripted")
        return self._report(read_source(job, lambda *_: ScriptedSource(), logger))

    def _report(self, events: Iterable[SyncEvent]) -> SyncReport:
        report = SyncReport()
        for event in events:
            report.add(event)
        return report

    def once(self, steps: Steps, *, incremental: bool = False, **more: Any) -> StreamResult:
        script = {"steps": steps, "incremental": incremental, "schema": more.pop("schema", {})}
        report = self.here(self.job("crm", {"people": script}, **more))
        (result,) = report.streams
        return result

    def state_of(self, stream: str = "people") -> dict[str, Any] | None:
        return SourceState(self.state, "crm").of(stream)


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path)


def test_a_stream_is_read_and_its_state_is_given_back_next_time(play: Play, tmp_path: Path) -> None:
    first = play.once(
        [record(1), record(2), ["state", {"cursor": "2026-01-01"}], ["complete"]], incremental=True
    )
    assert (first.records, first.mode, first.error) == (2, "full", None)
    assert first.state == {"cursor": "2026-01-01"}
    given = tmp_path / "given"
    second = play.once(
        [
            ["note_state", str(given)],
            record(2, name="new"),
            ["state", {"cursor": "b"}],
            ["complete"],
        ],
        incremental=True,
    )
    assert second.mode == "incremental"
    assert given.read_text() == "{'cursor': '2026-01-01'}"
    assert data(play.lake, "crm", "people") == [{"id": 1}, {"id": 2}, {"id": 2, "name": "new"}]
    assert play.state_of() == {"cursor": "b"}


def test_state_is_written_only_after_the_data_it_covers(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    commit, put = LakeWriter.commit, SourceState.put
    monkeypatch.setattr(LakeWriter, "commit", lambda self: order.append("data") or commit(self))
    monkeypatch.setattr(
        SourceState,
        "put",
        lambda self, *state, **more: order.append("state") or put(self, *state, **more),
    )
    monkeypatch.setattr(stream_reading, "CHECKPOINT_RECORDS", 1)
    play.once(
        [record(1), ["state", {"c": 1}], record(2), ["state", {"c": 2}], ["complete"]],
        incremental=True,
    )
    assert order[:4] == ["data", "state", "data", "state"]


def test_a_state_whose_data_can_not_be_written_is_not_written(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: LakeWriter) -> int:
        raise KesherError("No room left on the disk")

    monkeypatch.setattr(LakeWriter, "commit", refuse)
    with pytest.raises(KesherError, match="No room left"):
        play.once([record(1), ["state", {"c": 1}], ["complete"]], incremental=True)
    assert play.state_of() is None
    assert not list(play.lake.rglob("*.parquet*"))


def test_a_checkpoint_is_kept_when_the_process_dies_later(play: Play) -> None:
    many = [record(number) for number in range(50_000)]
    report = play(
        play.job(
            "crm",
            {
                "people": {
                    "incremental": True,
                    "steps": [*many, ["state", {"cursor": 50_000}], record(-1), ["die"]],
                }
            },
        )
    )
    (error,) = report.errors
    assert "killed by signal 9" in error
    assert len(data(play.lake, "crm", "people")) == 50_000
    assert play.state_of() == {"cursor": 50_000}
    assert SourceState(play.state, "crm").reread_since("people") is None


def test_a_checkpoint_is_kept_while_nothing_comes(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reading, "CHECKPOINT_SECONDS", 0.05)
    monkeypatch.setattr(sync_worker, "_TICK_SECONDS", 0.02)
    seen: list[Any] = []
    put = SourceState.put

    def noting(self: SourceState, stream: str, state: dict[str, Any], **more: Any) -> None:
        seen.append((state, len(data(play.lake, "crm", stream))))
        put(self, stream, state, **more)

    monkeypatch.setattr(SourceState, "put", noting)
    steps = [record(1), record(2), ["state", {"cursor": 2}], record(3), ["wait", 0.5]]
    play.once([*steps, ["raise", "the vendor hung up"]], incremental=True)
    # Before the source gave up, and with the data that the state covers.
    assert seen[0][0] == {"cursor": 2}
    assert seen[0][1] >= 2
    assert len(data(play.lake, "crm", "people")) == 3


def test_no_more_than_ten_thousand_records_stand_behind_a_checkpoint(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    put = SourceState.put

    def noting(self: SourceState, stream: str, state: dict[str, Any], **more: Any) -> None:
        kept.append(state["cursor"])
        put(self, stream, state, **more)

    monkeypatch.setattr(SourceState, "put", noting)
    monkeypatch.setattr(stream_reading, "CHECKPOINT_SECONDS", 1e9)
    steps: Steps = []
    for number in range(40_000):
        steps.append(record(number))
        # As far apart as the connectors' states are at the most.
        if number % 3_000 == 2_999:
            steps.append(["state", {"cursor": number}])
    play.once([*steps, ["state", {"cursor": 40_000}], ["complete"]], incremental=True)
    assert max(b - a for a, b in itertools.pairwise([0, *kept])) <= 10_000


def test_a_full_reading_that_begins_anew_forgets_the_one_before(play: Play) -> None:
    def reading(since: int) -> Steps:
        return [["state", {"reading": {"since": since}}]]

    play.once([record(1), record(2), ["state", {"full_read_at": 1}], ["complete"]],
              incremental=True)  # fmt: skip
    play.once([record(1), *reading(2), ["raise", "cut"]], incremental=True)
    # Much later the connector begins anew, and record 1 has gone meanwhile.
    result = play.once(
        [record(2), *reading(3), ["state", {"full_read_at": 3}], ["complete"]], incremental=True
    )
    assert result.vanished == 1


def test_a_full_reading_marks_what_did_not_come_again_as_deleted(play: Play) -> None:
    play.once([record(1), record(2), record(3), ["complete"]])
    second = play.once([record(1), record(3), ["complete"]])
    assert second.vanished == 1
    (*_, last) = data(play.lake, "crm", "people")
    assert last["id"] == 2
    assert DELETED_AT in last
    third = play.once([record(1), record(2), record(3), ["complete"]])
    assert third.vanished == 0
    assert data(play.lake, "crm", "people")[-2] == {"id": 2}


def test_a_full_reading_that_ends_empty_deletes_all(play: Play) -> None:
    play.once([record(1), record(2), ["complete"]])
    assert play.once([["complete"]]).vanished == 2


def test_a_full_reading_that_fails_deletes_nothing(play: Play) -> None:
    play.once([record(1), record(2), ["complete"]])
    failed = play.once([record(1), ["error", "the vendor is down"]])
    assert failed.error == "the vendor is down"
    assert failed.vanished == 0
    assert all(DELETED_AT not in row for row in data(play.lake, "crm", "people"))


def test_an_incremental_reading_deletes_nothing(play: Play) -> None:
    play.once([record(1), record(2), ["state", {"c": 1}], ["complete"]], incremental=True)
    second = play.once([record(2), ["state", {"c": 2}], ["complete"]], incremental=True)
    assert second.vanished == 0


def test_a_lost_state_leads_to_a_full_reading_with_deletions(play: Play) -> None:
    play.once([record(1), record(2), ["state", {"c": 1}], ["complete"]], incremental=True)
    (play.state / "crm.json").unlink()
    again = play.once([record(1), ["state", {"c": 2}], ["complete"]], incremental=True)
    assert (again.mode, again.vanished) == ("full", 1)
    assert play.state_of() == {"c": 2}


def test_deletions_survive_a_full_reading_that_goes_on_in_a_later_sync(play: Play) -> None:
    play.once([record(1), record(2), record(3), ["complete"]], incremental=True)
    play.once(
        [record(1), ["state", {"after": 1}], ["error", "down in the middle"]], incremental=True
    )
    assert play.state_of() == {"after": 1}
    rest = play.once([record(3), ["state", {"after": 3}], ["complete"]], incremental=True)
    assert rest.vanished == 1, "2 was seen by neither part"
    assert SourceState(play.state, "crm").reread_since("people") is None


def test_a_connector_that_falls_back_to_reading_all_gets_its_deletions(play: Play) -> None:
    play.once(
        [record(1), record(2), ["state", {"full_read_at": 1, "cursor": 1}], ["complete"]],
        incremental=True,
    )
    again = play.once(
        [
            record(1),
            ["state", {"reading": {"since": 2, "after": 1}}],
            ["state", {"full_read_at": 2, "cursor": 2}],
            ["complete"],
        ],
        incremental=True,
    )
    assert (again.mode, again.vanished) == ("reread", 1)
    table = summary_table(SyncReport([again]), 160)
    assert list(table.columns[5].cells) == ["all again, 1 gone"]


def test_the_first_list_of_a_new_account_buries_nobody_when_it_is_interrupted(play: Play) -> None:
    play.once(
        [record(1), ["state", {"reading": {"since": 1, "after": 1}}], ["error", "down"]],
        incremental=True,
    )
    rest = play.once(
        [
            record(2),
            ["state", {"reading": {"since": 1, "after": 2}}],
            ["state", {"full_read_at": 1, "cursor": 2}],
            ["complete"],
        ],
        incremental=True,
    )
    assert rest.vanished == 0


def test_full_refresh_forgets_the_state(play: Play, tmp_path: Path) -> None:
    play.once([record(1), ["state", {"c": 1}], ["complete"]], incremental=True)
    given = tmp_path / "given"
    again = play.once(
        [["note_state", str(given)], record(2), ["state", {"c": 2}], ["complete"]],
        incremental=True,
        full_refresh=True,
    )
    assert given.read_text() == "None"
    assert again.vanished == 1


WITHOUT_A_WORD = {"type": "object", "x-reread-days": 7}


def _days_ago(play: Play, days: float) -> None:
    """Let the last reading from the beginning have begun so long ago."""
    file = play.state / "crm.json"
    (message,) = json.loads(file.read_text())
    message["kesher_whole_at"] -= int(days * 86_400_000_000)
    file.write_text(json.dumps([message]))


def _members(*numbers: int) -> Steps:
    return [*(record(number) for number in numbers), ["state", {"c": 1}], ["complete"]]


@pytest.mark.parametrize(
    ("days_ago", "said", "gone"),
    [
        pytest.param(6.9, {}, 0, id="not-yet"),
        pytest.param(7.1, {}, 1, id="by-the-connector"),
        pytest.param(7.1, {"people": 10}, 0, id="kesher.yml-says-later"),
        pytest.param(2, {"people": 1}, 1, id="kesher.yml-says-sooner"),
        pytest.param(999, {"people": 0}, 0, id="kesher.yml-says-never"),
    ],
)
def test_what_vanishes_without_a_word_is_found_when_its_stream_is_due_to_be_read_anew(
    play: Play, days_ago: float, said: dict[str, int], gone: int
) -> None:
    again = {"incremental": True, "schema": WITHOUT_A_WORD, "reread_days": said}
    play.once(_members(1, 2), **again)
    _days_ago(play, days_ago)
    assert play.once(_members(2), **again).vanished == gone
    # Not at the next sync already.
    assert play.once(_members(), **again).vanished == 0


def test_a_reading_anew_that_is_interrupted_is_brought_to_its_end(play: Play) -> None:
    schema = {"incremental": True, "schema": WITHOUT_A_WORD}
    play.once(_members(1, 2, 3), **schema)
    _days_ago(play, 8)
    play.once([record(1), ["state", {"c": 1}], ["error", "down"]], **schema)
    assert play.once(_members(3), **schema).vanished == 1
    assert data(play.lake, "crm", "people")[-1]["id"] == 2


READ_WHOLE = {"incremental": True, "schema": {"type": "object", "x-read-whole": True}}
AT_A_PLACE = ["state", {"full_read_at": "a", "place": {"page": 2}}]


def test_a_stream_that_is_read_whole_buries_only_what_an_uninterrupted_reading_did_not_give(
    play: Play,
) -> None:
    play.once([record(1), record(2), ["state", {"full_read_at": "a"}], ["complete"]], **READ_WHOLE)
    killed = play.once([record(1), AT_A_PLACE, ["error", "down"]], **READ_WHOLE)
    assert killed.error
    end = ["state", {"full_read_at": "a", "read_at": "b"}]
    assert play.once([end, ["complete"]], **READ_WHOLE).vanished == 0
    whole = play.once([record(1), ["state", {"full_read_at": "c"}], ["complete"]], **READ_WHOLE)
    assert (whole.vanished, whole.mode) == (1, "reread")


def test_a_full_refresh_of_such_a_stream_that_was_killed_buries_nothing_at_its_end(
    play: Play,
) -> None:
    play.once([record(1), record(2), ["state", {"full_read_at": "a"}], ["complete"]], **READ_WHOLE)
    play.once([record(1), AT_A_PLACE, ["error", "down"]], full_refresh=True, **READ_WHOLE)
    end = ["state", {"read_at": "b"}]
    assert play.once([end, ["complete"]], **READ_WHOLE).vanished == 0


def test_start_date_and_since_leave_nothing_out_of_a_stream_that_is_read_whole(play: Play) -> None:
    settings = {"start_date": "2026-01-01"}
    play.once([record(1), record(2), ["state", {"full_read_at": "a"}], ["complete"]], **READ_WHOLE)
    steps = [record(1), ["state", {"full_read_at": "b"}], ["complete"]]
    since = play.once(steps, since="2026-01-31", settings=settings, **READ_WHOLE)
    assert (since.vanished, since.mode) == (1, "reread")


def test_a_dry_run_tells_whether_such_a_stream_is_read_whole_or_from_its_place(play: Play) -> None:
    def plan() -> StreamPlan:
        job = play.job("crm", {"people": {"steps": [], **READ_WHOLE}}, is_plan_only=True)
        (told,) = read_source(job, lambda *_: ScriptedSource(), logging.getLogger("scripted"))
        assert isinstance(told, StreamPlan)
        return told

    play.once([record(1), ["state", {"full_read_at": "a"}], ["complete"]], **READ_WHOLE)
    assert (plan().mode, plan().state) == ("reread", None)
    play.once([record(1), AT_A_PLACE, ["error", "down"]], **READ_WHOLE)
    assert (plan().mode, plan().state) == ("incremental", AT_A_PLACE[1])


def test_a_dry_run_tells_what_is_due_to_be_read_anew_and_changes_nothing(play: Play) -> None:
    script = {"steps": _members(1), "incremental": True, "schema": WITHOUT_A_WORD}
    play.here(play.job("crm", {"people": script}))
    _days_ago(play, 8)
    before = (play.state / "crm.json").read_bytes()
    job = play.job("crm", {"people": script}, is_plan_only=True)
    (plan,) = read_source(job, lambda *_: ScriptedSource(), logging.getLogger("scripted"))
    assert isinstance(plan, StreamPlan)
    assert (plan.mode, plan.state) == ("reread", None)
    assert (play.state / "crm.json").read_bytes() == before


def test_a_stream_that_is_not_there_can_not_be_read_anew(play: Play) -> None:
    with pytest.raises(KesherError, match=r"has no stream persons, which its reread_days"):
        play.once(_members(1), reread_days={"persons": 7})


def test_what_a_vendor_only_forgets_is_never_taken_for_deleted(play: Play) -> None:
    log = {"incremental": True, "schema": {"type": "object", "x-append-only": True}}
    play.once([record(1), ["state", {"c": 1}], ["complete"]], **log)
    again = play.once(
        [record(2), ["state", {"c": 2}], ["complete"]],
        full_refresh=True,
        **log,
    )
    assert again.vanished == 0
    assert data(play.lake, "crm", "people") == [{"id": 1}, {"id": 2}]
    # Also when the connector itself reads all of it again.
    anew = play.once([record(3), ["state", {"c": 3, "full_read_at": 9}], ["complete"]], **log)
    assert anew.vanished == 0


def test_a_failing_stream_and_a_failing_source_do_not_stop_the_others(play: Play) -> None:
    good = {"steps": [record(1), ["complete"]]}
    bad = {"steps": [record(1), ["error", "forbidden: grant read access"]]}
    report = play(
        play.job("a", {"bad": bad, "good": good}),
        play.job("b", {"worse": {"steps": [["die"]]}}),
        play.job("c", {"good": good}),
    )
    assert sorted(source.source for source in report.sources) == ["a", "b", "c"]
    assert not report.ok
    assert any(line == "a.bad: forbidden: grant read access" for line in report.errors)
    assert any(line.startswith("b: its process ended unexpectedly") for line in report.errors)
    assert len(report.errors) == 2
    for source in ("a", "c"):
        assert data(play.lake, source, "good") == [{"id": 1}]
    assert data(play.lake, "a", "bad") == [{"id": 1}], "what came before the error is kept"


def test_what_all_streams_share_is_told_once(play: Play) -> None:
    streams = {name: {"steps": [["error", "the key is wrong"]]} for name in ("x", "y", "z")}
    assert play.here(play.job("crm", streams)).errors == ["crm (x, y, z): the key is wrong"]


def test_an_error_of_the_whole_source_reaches_the_streams_that_were_open(play: Play) -> None:
    report = play.here(
        play.job("crm", {"x": {"steps": [record(1), ["raise", "no   such\naccount"]]}})
    )
    assert report.errors == ["crm.x: no such account"]


def test_secrets_stand_neither_in_errors_nor_in_logs(play: Play) -> None:
    steps = [["error", "401 for key sk_live_very_secret"]]
    secrets = frozenset({"sk_live_very_secret"})
    report = play(play.job("crm", {"people": {"steps": steps}}, secrets=secrets))
    assert report.errors == ["crm.people: 401 for key ***"]
    logs = "".join(log.read_text() for log in play.logs.iterdir())
    assert "401 for key ***" in logs
    assert "very_secret" not in logs


def test_misfits_are_counted(play: Play) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
    result = play.once([["record", {"id": "one"}], record(2), ["complete"]], schema=schema)
    assert (result.records, result.misfits) == (2, 1)
    assert len(rows(play.lake, "crm", "people")) == 2


def test_an_unknown_stream_is_refused_by_name(play: Play) -> None:
    report = play(play.job("crm", {"people": {"steps": []}}, only=frozenset({"peple"})))
    assert report.errors == ["crm: has no stream peple (did you mean people?); it has people"]


def test_a_stream_without_a_status_is_believed_but_deletes_nothing(play: Play) -> None:
    assert play.once([record(1), record(2)]).error is None
    later = play.once([record(1)])
    assert later.error is None
    assert later.vanished == 0


def test_state_files_can_be_given_to_airbytes_own_entry_point(play: Play) -> None:
    play.once([record(1), ["state", {"c": 1}], ["complete"]], incremental=True)
    from airbyte_cdk.sources.source import Source

    (message,) = Source.read_state(str(play.state / "crm.json"))
    assert message.stream.stream_descriptor.name == "people"


def test_state_is_json_in_a_stable_order(play: Play) -> None:
    state = SourceState(play.state, "crm")
    state.put("b", {"c": 1})
    state.put("a", {"c": 2})
    names = [
        message["stream"]["stream_descriptor"]["name"]
        for message in json.loads((play.state / "crm.json").read_text())
    ]
    assert names == ["a", "b"]


CHANGES: Steps = [record(1), record(2), ["state", {"cursor": "b"}], ["complete"]]


def test_reading_since_a_day_changes_no_state_and_buries_nothing(
    play: Play, tmp_path: Path
) -> None:
    play.once(CHANGES, incremental=True)
    given = tmp_path / "given"
    again = play.once(
        [
            ["note_state", str(given)],
            record(2, name="again"),
            ["state", {"cursor": "a", "full_read_at": "now"}],
            ["complete"],
        ],
        incremental=True,
        since="2026-01-31",
    )
    assert (again.mode, again.records, again.vanished) == ("since", 1, 0)
    assert given.read_text() == "None"
    assert play.state_of() == {"cursor": "b"}
    assert data(play.lake, "crm", "people")[2:] == [{"id": 2, "name": "again"}]


def test_reading_since_a_day_before_all_else_leaves_no_state(play: Play) -> None:
    play.once(CHANGES, incremental=True, since="2026-01-31")
    assert play.state_of() is None


def test_a_plan_says_how_streams_would_be_read_and_reads_nothing(play: Play) -> None:
    streams = {
        "people": {"steps": CHANGES, "incremental": True},
        "lists": {"steps": [record(1), ["complete"]]},
        "notes": {"steps": CHANGES, "incremental": True},
    }
    play.here(play.job("crm", streams, only=frozenset({"people", "lists"})))
    before = sorted(play.lake.rglob("*")), play.state_of()
    plans = play.here(play.job("crm", streams, is_plan_only=True)).plans
    assert [(plan.stream, plan.mode, plan.state) for plan in plans] == [
        ("people", "incremental", {"cursor": "b"}),
        ("lists", "reread", None),
        ("notes", "full", None),
    ]
    afresh = play.here(play.job("crm", streams, is_plan_only=True, full_refresh=True)).plans
    assert [(plan.mode, plan.state) for plan in afresh] == [
        ("reread", None),
        ("reread", None),
        ("full", None),
    ]
    assert (sorted(play.lake.rglob("*")), play.state_of()) == before


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_sources_are_read_at_once_than_asked(play: Play, at_once: int) -> None:
    play.logs.mkdir()
    jobs = [play.job(name, {}) for name in ("crm", "shop", "mail", "desk")]
    assert all(event.error is None for event in run_jobs(jobs, punctual_worker, at_once))
    times = [tuple(map(float, Path(job.log_file).read_text().split())) for job in jobs]
    most = max(sum(began <= start < end for began, end in times) for start, _ in times)
    # How soon a process is there depends on the machine.
    assert min(at_once, 2) <= most <= at_once
