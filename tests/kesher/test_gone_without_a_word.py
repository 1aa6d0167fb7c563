"""What a vendor deletes for good, and never tells, goes all the same: by reading anew in time."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from lake_rows import data

from connectors import sandbox
from kesher.cli import main
from kesher.lake import DELETED_AT

SILENT = {
    "mailchimp": ("members", 7),
    "zendesk": ("satisfaction_ratings", 30),
    "hubspot": ("contacts", 30),
}
_DAY = 86_400_000_000


class Account:
    """One vendor's account in a sandbox, and the data directory that it is read into."""

    def __init__(self, folder: Path, vendor: str) -> None:
        self.folder = folder
        self.vendor = vendor
        self.stream, self.days = SILENT.get(vendor, ("customers", 0))

    def sync(self, url: str, *options: str, **settings: object) -> None:
        source = {**sandbox.source_configs(url)[self.vendor], **settings}
        config = self.folder / "kesher.yml"
        config.write_text(yaml.safe_dump({"sources": {self.vendor: source}}))
        command = ["--config", str(config), "--data-dir", str(self.folder / "data"), "sync"]
        stream = ["--stream", f"{self.vendor}.{self.stream}"]
        result = CliRunner().invoke(main, [*command, *stream, *options])
        assert result.exit_code == 0, result.stderr

    def erase_one(self, order: str = "seq") -> str:
        """Take a record out of the vendor's store, as if it had never been; return its id."""
        table = f'"{self.vendor}.{self.stream}"'
        with sqlite3.connect(self.folder / "sandbox" / "sandbox.sqlite") as store:
            found = store.execute(
                f"select seq, id from {table} where deleted = 0 order by {order} limit 1"
            )
            ((seq, key),) = found.fetchall()
            store.execute(f"delete from {table} where seq = ?", [seq])
        return str(key)

    def let_days_pass(self, days: float) -> None:
        file = self.folder / "data" / "state" / f"{self.vendor}.json"
        (message,) = json.loads(file.read_text())
        message["kesher_whole_at"] -= int(days * _DAY)
        file.write_text(json.dumps([message]))

    def gone(self) -> list[str]:
        rows = data(self.folder / "data" / "lake", self.vendor, self.stream)
        return [str(row["id"]) for row in rows if DELETED_AT in row]


@pytest.mark.parametrize("vendor", SILENT)
def test_a_record_that_was_deleted_for_good_is_gone_after_some_days(
    tmp_path: Path, vendor: str
) -> None:
    account = Account(tmp_path, vendor)
    sandbox.create(tmp_path / "sandbox", people=60, seed=5)
    with sandbox.running(tmp_path / "sandbox") as url:
        account.sync(url)
        before = account.gone()
    erased = account.erase_one()
    with sandbox.running(tmp_path / "sandbox") as url:
        account.sync(url)
        assert account.gone() == before, "nobody told"
        account.let_days_pass(account.days + 0.1)
        account.sync(url, reread_days={account.stream: 0})
        assert account.gone() == before, "kesher.yml says never"
        account.sync(url)
        assert account.gone() == [*before, erased]


@pytest.mark.parametrize("vendor", [*SILENT, "stripe"])
def test_what_start_date_leaves_out_is_not_taken_for_deleted(tmp_path: Path, vendor: str) -> None:
    account = Account(tmp_path, vendor)
    sandbox.create(tmp_path / "sandbox", people=60, seed=5)
    with sandbox.running(tmp_path / "sandbox") as url:
        account.sync(url)
        before = account.gone()
    newest = "updated desc" if vendor in ("mailchimp", "hubspot") else "created desc"
    erased = account.erase_one(order=newest)
    with sandbox.running(tmp_path / "sandbox") as url:
        # The newest is from the last days of June 2026, most are years older.
        account.sync(url, "--full-refresh", start_date="2026-01-01")
        assert account.gone() == [*before, erased]
