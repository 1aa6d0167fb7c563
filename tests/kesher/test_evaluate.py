from __future__ import annotations

import json
import math
import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from match_command import kesher, write_csv

from kesher.evaluate import Point, Quality, measure
from kesher.evaluate_plot import svg

PERSONS = {"crm:1": "d", "shop:2": "d", "news:3": "d", "crm:4": "a", "shop:5": "r", "crm:6": "y"}


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return write_csv(
        tmp_path / "truth.csv",
        [
            dict(zip(("source", "record_id"), name.split(":"), strict=True), person_id=who)
            for name, who in PERSONS.items()
        ],
    )


def result_file(path: Path, customers: dict[str, str]) -> Path:
    return write_csv(
        path,
        [
            dict(zip(("source", "record_id"), name.split(":"), strict=True), customer_id=whose)
            for name, whose in customers.items()
        ],
    )


_GROUPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


@settings(deadline=None)
@given(_GROUPS)
def test_the_measures_are_what_their_names_say(records: list[tuple[int, int]]) -> None:
    def pairs(side: int) -> set[tuple[int, int]]:
        return {
            (i, j) for i, j in combinations(range(len(records)), 2)
            if records[i][side] == records[j][side]
        }  # fmt: skip

    def whole(side: int) -> set[frozenset[int]]:
        return {
            frozenset(i for i, record in enumerate(records) if record[side] == name)
            for name in {record[side] for record in records}
        }

    with duckdb.connect() as connection:
        connection.execute("create table resolved (person_id integer, mine integer)")
        if records:
            connection.executemany("insert into resolved values (?, ?)", records)
        quality = measure(connection, "resolved", "mine")
    assert quality.records == len(records)
    assert quality.true_pairs == len(pairs(0))
    assert quality.found_pairs == len(pairs(1))
    assert quality.right_pairs == len(pairs(0) & pairs(1))
    assert quality.people == len(whole(0))
    assert quality.groups == len(whole(1))
    assert quality.right_groups == len(whole(0) & whole(1))
    for share in (quality.precision, quality.recall, quality.f1, quality.cluster_f1):
        assert 0 <= share <= 1


def test_a_result_is_measured_and_what_is_not_in_both_is_told(truth: Path, tmp_path: Path) -> None:
    customers = {"crm:1": "A", "shop:2": "A", "crm:4": "A", "shop:5": "B", "crm:6": "C",
                 "crm:77": "D"}  # fmt: skip
    result = kesher("evaluate", "--truth", truth, "--result",
                    result_file(tmp_path / "r.csv", customers), "--json")  # fmt: skip
    told = json.loads(result.stdout)
    assert told["pairs"] == {
        "precision": pytest.approx(1 / 3), "recall": 1.0, "f1": 0.5,
        "right": 1, "found": 3, "true": 1,
    }  # fmt: skip
    assert told["customers"]["right"] == 2
    assert (told["only_in_truth"], told["only_in_result"]) == (1, 1)
    assert told["blocking"] is None
    assert told["curve"] == []
    printed = kesher("evaluate", "--truth", truth, "--result", tmp_path / "r.csv").stdout
    assert "5 records, 4 people, 3 customers" in printed
    assert "Left out, because not in both: 1 only in the truth, 1 only in the result." in printed


def test_a_database_tells_the_blocking_and_the_curve_too(
    kept_database: Path, truth: Path, tmp_path: Path
) -> None:
    arguments = ["evaluate", "--truth", truth, "--database", kept_database]
    told = json.loads(kesher(*arguments, "--json").stdout)
    assert told["pairs"]["f1"] == 1.0
    assert told["customers"]["f1"] == 1.0
    blocking = told["blocking"]
    assert blocking["true_pairs"] == 3
    assert blocking["all_pairs"] == 15
    with duckdb.connect(str(kept_database), read_only=True) as connection:
        ((compared,),) = connection.execute(
            "select count(*) from identity.int_identity__candidate_pairs"
        ).fetchall()
    assert blocking["compared_pairs"] == compared
    assert blocking["candidate_recall"] == blocking["true_pairs_compared"] / 3
    assert blocking["reduction_ratio"] == pytest.approx(1 - compared / 15)

    thresholds = [point["threshold"] for point in told["curve"]]
    assert thresholds == sorted(thresholds)
    assert 8 <= len(thresholds) <= 12
    (in_force,) = (point for point in told["curve"] if point["is_in_force"])
    assert in_force["pairs"] == told["pairs"], "the same models give the same clusters again"
    assert in_force["customers"] == told["customers"]
    found = [point["pairs"]["found"] for point in told["curve"]]
    assert found == sorted(found, reverse=True)
    assert kesher(*arguments, "--no-curve", "--json").stdout.count('"threshold"') == 0

    printed = kesher(*arguments).stdout
    assert "candidate recall" in printed
    assert "* 0.8889" in printed
    assert "P precision, R recall, F F1" in printed


@pytest.mark.parametrize("name", ["curve.svg", "curve.html"])
def test_the_curve_is_drawn_without_anything_from_the_network(
    kept_database: Path, truth: Path, tmp_path: Path, name: str
) -> None:
    plot = tmp_path / name
    kesher("evaluate", "--truth", truth, "--database", kept_database, "--plot", plot)
    drawn = plot.read_text()
    picture = drawn[drawn.index("<svg") : drawn.index("</svg>") + 6]
    tree = ElementTree.fromstring(picture)  # noqa: S314 - we wrote it
    names = [element.tag.split("}")[1] for element in tree.iter()]
    assert names.count("polyline") == 3
    assert "threshold 0.8889: precision 1.000" in picture
    assert drawn.replace("http://www.w3.org/2000/svg", "").count("http:") == 0


def test_a_plot_without_a_curve_or_of_an_unknown_kind_is_refused(
    truth: Path, tmp_path: Path
) -> None:
    result = result_file(tmp_path / "r.csv", dict.fromkeys(PERSONS, "A"))
    arguments = ["evaluate", "--truth", truth, "--result", result, "--plot"]
    assert ".svg or .html" in kesher(*arguments, tmp_path / "plot.png", expect=2).stderr
    told = kesher(*arguments, tmp_path / "plot.svg", expect=1)
    assert "Name it with --database" in told.stderr
    assert not (tmp_path / "plot.svg").exists()


@pytest.mark.parametrize(
    ("truth_text", "result_text", "said"),
    [
        ("record_id,who\n1,a\n", "record_id,customer_id\n1,A\n", "has no column person_id"),
        ("person_id\na\n", "record_id,customer_id\n1,A\n", "has no column record_id"),
        ("record_id,person_id\n1,a\n", "record_id,customer_id\n2,A\n", "no record in common"),
        ("record_id,person_id\n1,a\n1,b\n", "record_id,customer_id\n1,A\n", "one row for 1."),
        (
            "source,record_id,person_id\nx,1,a\n",
            "source,record_id,customer_id\nx,1,A\nx,1,B\n",
            "r.csv has more than one row for x:1.",
        ),
        ("record_id,person_id\n", "record_id,customer_id\n1,A\n", "no record in common"),
    ],
)
def test_what_can_not_be_compared_is_told(
    tmp_path: Path, truth_text: str, result_text: str, said: str
) -> None:
    (tmp_path / "t.csv").write_text(truth_text)
    (tmp_path / "r.csv").write_text(result_text)
    arguments = ["--truth", tmp_path / "t.csv", "--result", tmp_path / "r.csv"]
    assert said in kesher("evaluate", *arguments, expect=1).stderr


def test_a_truth_may_lack_the_source_and_some_persons(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("record_id,person_id\n1,a\n2,a\n3,\n")
    result = result_file(tmp_path / "r.csv", {"x:1": "A", "y:2": "A", "x:3": "A"})
    told = json.loads(
        kesher("evaluate", "--truth", tmp_path / "t.csv", "--result", result, "--json").stdout
    )
    assert told["pairs"]["f1"] == 1.0
    assert told["without_person"] == 1
    assert told["only_in_result"] == 1


def test_without_anything_to_measure_the_way_is_told(truth: Path, tmp_path: Path) -> None:
    result = kesher("evaluate", "--truth", truth, "--data-dir", tmp_path / "data", expect=1)
    assert "There is no warehouse" in result.stderr


def test_the_warehouse_is_the_default(published_demo, tmp_path: Path) -> None:
    published_demo.run("sandbox", "truth", "--out", str(tmp_path / "truth.parquet"))
    told = json.loads(
        kesher(
            "evaluate", "--truth", tmp_path / "truth.parquet",
            "--data-dir", published_demo.data_dir, "--no-curve", "--json",
        ).stdout
    )  # fmt: skip
    assert told["pairs"]["f1"] > 0.9
    assert told["blocking"]["candidate_recall"] > 0.9
    assert told["only_in_truth"] == told["only_in_result"] == 0


def test_the_axes_of_a_plot_are_round_and_their_labels_do_not_overlap() -> None:
    quality = Quality(300, 100, 100, 96, 200, 201, 190)
    thresholds = (0.5, 0.8, 0.89, 0.9, 0.95, 0.99, 0.995, 0.999)
    curve = [
        Point(threshold, math.log2(threshold / (1 - threshold)), threshold == 0.89, quality)
        for threshold in thresholds
    ]
    drawn = svg(curve)
    shares = re.findall(r'text-anchor="end">([^<]+)<', drawn)
    assert shares == ["0.95", "0.96", "0.97", "0.98", "0.99", "1.00"]
    labels = re.findall(r'<text x="([0-9.]+)" y="(3[0-9]+)" text-anchor="middle">([0-9.]+)<', drawn)
    assert "0.89" in [text for _, _, text in labels]
    for row in {y for _, y, _ in labels}:
        places = sorted((float(x), text) for x, y, text in labels if y == row)
        for (left, first), (right, second) in pairwise(places):
            assert right - left >= (len(first) + len(second)) / 2 * 7.5
