"""Which value a customer shows is decided by two seeds that anybody may edit."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from built_warehouse import PROJECT, Warehouse
from dbt.contracts.graph.manifest import Manifest
from identity_people import People, person

RULES = "seeds/identity/identity_survivorship_rules.csv"
SOURCES = "seeds/identity/identity_survivorship_sources.csv"
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")

Row = dict[str, Any]
Edit = Callable[[list[Row]], list[Row]]


class OwnProject:
    """A copy of the project whose seeds a user edits, and the warehouse that it builds."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder / "project"
        shutil.copytree(PROJECT, self.folder, ignore=shutil.ignore_patterns("target", "logs"))
        self.warehouse = Warehouse(folder, manifest)
        people = People(self.warehouse)
        people.say(
            person("1", "Dana Levi", email="dana.levi@old.example", job_title="Cook"),
            person("2", "Dana Levi", email="dana.levi@old.example", job_title="Cook"),
            source="club",
        )
        people.say(
            person(
                "3", "Dana Levi", email="dana.levi@old.example", job_title="Head of the kitchen"
            ),
            source="fair",
        )
        people.say(
            person("4", "Dana R. Levi", email="dana.levi@old.example", job_title="Chef"),
            source="trade",
        )
        self.build("+customer_attributes")

    def build(self, *select: str) -> None:
        self.warehouse.plain_dbt("build", *NO_TESTS, "--select", *select, project=self.folder)

    def edit(self, seed: str, change: Edit) -> None:
        """Change a seed as one does in a spreadsheet, and build what follows from it."""
        file = self.folder / seed
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            rows, names = list(reader), list(reader.fieldnames or ())
        with file.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, names)
            writer.writeheader()
            writer.writerows(change(rows))
        self.build(f"{file.stem}+,+customer_attributes")

    def winner(self, attribute: str) -> tuple[str, str, str, str]:
        (found,) = self.warehouse.rows(
            "select value, source, decided_by, rule from marts.customer_attributes"
            f" where attribute = '{attribute}' and is_winner"
        )
        return found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> OwnProject:
    return OwnProject(tmp_path_factory.mktemp("own"), manifest)


def test_an_edited_seed_is_enough_to_change_the_winner(own: OwnProject) -> None:
    before = own.winner("job_title")
    assert before[:3] == ("Chef", "trade", "the newest")
    assert before[3].endswith("; then the newest")

    # Believe the fair before all others.
    own.edit(
        SOURCES, lambda rows: [*rows, {"attribute": "company", "source": "fair", "priority": 0}]
    )
    assert own.winner("job_title")[:3] == (
        "Head of the kitchen",
        "fair",
        "fair before trade",
    )
    assert own.winner("job_title")[3].startswith("fair before hubspot before ")

    # A rule of its own for one attribute of the group.
    own.edit(
        RULES,
        lambda rows: [
            *rows,
            {
                "attribute": "job_title",
                "criterion_order": 1,
                "criterion": "records",
                "words": "what most say",
            },
        ],
    )
    assert own.winner("job_title") == ("Cook", "club", "what most say", "what most say")

    # Other attributes keep theirs.
    assert own.winner("email")[0] == "dana.levi@old.example"
    assert own.winner("email")[2] == "the only value"


def test_a_criterion_that_does_not_exist_fails_the_seeds_own_test(own: OwnProject) -> None:
    file = own.folder / RULES
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept + "gender,1,nicest,the nicest\n", encoding="utf-8")
    process = own.warehouse.start(
        "build", "--select", "identity_survivorship_rules", project=own.folder
    )
    output, _ = process.communicate(timeout=300)
    file.write_text(kept, encoding="utf-8")
    assert process.returncode != 0
    assert "accepted_values_identity_survivorship_rules_criterion" in output
