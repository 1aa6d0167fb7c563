"""Letting time pass: everything that happens in a span of days, in one transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .advance_billing import bill
from .advance_losses import corrections, deletions, merges
from .advance_mail import mail
from .advance_people import changes, conversions, newcomers
from .advance_sales import sell
from .advance_support import support
from .errors import SandboxError
from .mailchimp_campaigns import count_members
from .store import open_store, transaction, write_meta
from .world import World

MOST_DAYS = 3660


def advance(directory: Path, days: int) -> None:
    """Let days pass in a directory's sandbox; a running server serves the new state at once.

    New people come, customers go on paying, writing and reading, details change, records are
    deleted and merged.
    The same state and number of days always give the same result.
    Raises SandboxError if there is no sandbox, or `days` is not from 1 to 3660.
    """
    if not 1 <= days <= MOST_DAYS:
        raise SandboxError(f"days is {days}: time passes by 1 to {MOST_DAYS} days at once.")
    database = open_store(directory)
    try:
        with transaction(database):
            world = World(database, days)
            # What is there goes on first; those who come or change later do not get in its way.
            bill(world)
            support(world)
            mail(world)
            sell(world)
            conversions(world)
            changes(world)
            corrections(world)
            merges(world)
            deletions(world)
            newcomers(world)
            world.write()
            write_meta(
                database,
                {
                    "clock": str(world.end),
                    "next_person": str(world.next_person),
                    "next_company": str(world.next_company),
                    "advances": str(world.advances + 1),
                },
            )
            count_members(database)
    except sqlite3.OperationalError as error:
        raise SandboxError(
            f"Could not advance the sandbox in {directory}: {error}. Nothing was changed; "
            "check space and whether another advance is under way."
        ) from error
    finally:
        database.close()
