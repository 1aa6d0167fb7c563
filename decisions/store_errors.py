"""What goes wrong with the store, in one line that says what, where, and what to do."""

from __future__ import annotations

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

#: How long a writer waits for another one.
PATIENCE_SECONDS = 10

_SQLITE_REASONS = (
    (
        ("is locked", "is busy"),
        f"has been locked by another program for {PATIENCE_SECONDS} seconds; end that program, "
        "or wait for it, and try again",
    ),
    (
        ("readonly", "read-only"),
        "can only be read, so nothing can be decided; make the file and its folder writable",
    ),
    (
        ("unable to open", "permission denied", "not authorized"),
        "can't be opened; its folder must be there, and the folder and the file readable and "
        "writable for you",
    ),
    (
        ("not a database", "malformed", "corrupt"),
        "is damaged; put a backup in its place, or move it away: the decisions that a build has "
        "taken are in the lake, and the next build brings them back",
    ),
    (("full",), "can't be written, the disk is full; free some space and try again"),
)


class DecisionStoreError(Exception):
    """The store can't do what was asked; the message says what, where, and what to do."""


def place_of(url: URL) -> str:
    """Name a store without its user's password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    # Of the rest of a URL, any part may hold a secret.
    port = f":{url.port}" if url.port else ""
    return f"Postgres {url.host or url.query.get('host') or 'on this machine'}{port}/{url.database}"


def store_error(error: SQLAlchemyError, url: URL) -> DecisionStoreError:
    """Say what the database's complaint means."""
    reason = " ".join(str(getattr(error, "orig", None) or error).split())
    store = f"The store of decisions, {place_of(url)},"
    if url.get_backend_name() == "sqlite":
        for signs, meaning in _SQLITE_REASONS:
            if any(sign in reason.lower() for sign in signs):
                return DecisionStoreError(f"{store} {meaning}.")
        return DecisionStoreError(f"{store} can't be used: {reason}")
    if "lock timeout" in reason.lower():
        return DecisionStoreError(
            f"{store} has been locked by another program for {PATIENCE_SECONDS} seconds; try again."
        )
    if "read-only" in reason.lower():
        return DecisionStoreError(
            f"{store} can only be read, so nothing can be decided; name the primary server, not a "
            "replica, in decisions.url."
        )
    if "permission denied" in reason.lower():
        return DecisionStoreError(
            f"{store} refuses ({reason}); the user of decisions.url must be allowed to make tables "
            "there, or to read and add to steward_decisions and steward_store."
        )
    for secret in (url.password, *(url.query.get(key) for key in ("password", "sslpassword"))):
        if secret:
            reason = reason.replace(str(secret), "***")
    return DecisionStoreError(
        f"{store} can't be used: {reason}. Look at decisions.url in kesher.yml, and whether the "
        "server runs."
    )
