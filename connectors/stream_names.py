"""The names of streams that a configuration holds. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from connectors.nearest_name import expected_one_of


def vendor_streams(vendor: str) -> list[str]:
    """Names the streams of one of our own vendors: each has its schema in the vendor's folder."""
    schemas = Path(__file__).parent / vendor / "schemas"
    return sorted(file.stem for file in schemas.glob("*.json"))


def stream_problems(
    streams: Sequence[str], without: Collection[str], reread: Collection[str]
) -> Iterator[str]:
    """Says what is wrong with the keys of a source that name streams, beginning with the key.

    Args:
        streams: those that there are.
        without: those that are to be left out; one has to be left at least.
        reread: those that `reread_days` names; they have to be read.
    """
    for name in without:
        if name not in streams:
            yield f"without: found {name}; {expected_one_of(str(name), list(streams))}"
    read = [name for name in streams if name not in without]
    if not read:
        yield "without: found every stream; expected to leave one at least"
        return
    for name in reread:
        if name in streams and name not in read:
            yield f"reread_days: found {name}, which without leaves out; expected a stream to read"
        elif name not in read:
            yield f"reread_days: found {name}; {expected_one_of(str(name), read)}"
