"""A name for the way in which records are kept, so that a store of another way is not misread."""

from __future__ import annotations

from dataclasses import fields
from hashlib import blake2b
from importlib.resources import files

from .mailchimp_objects import ACTIVITY
from .places import Address
from .population import Company, Person
from .stripe_objects import EVENT
from .stripe_objects import SHAPES as STRIPE
from .zendesk_objects import SHAPES as ZENDESK

# To be raised when what is kept changes its meaning and none of what is looked at below changes.
_REVISION = 4


def store_format(*schema: str) -> str:
    """Return the format of a store with this SQL schema: equal formats can read each other.

    It changes by itself with the schema, with the fields of packed bodies and of people, and with
    the lists of names and places, since people are kept as positions in those.
    """
    digest = blake2b(digest_size=6)
    shapes = {**STRIPE, **ZENDESK, "events": EVENT, "email_activity": ACTIVITY}
    texts = [
        *schema,
        *(f"{name}: {shapes[name].fields}" for name in sorted(shapes)),
        *(str([each.name for each in fields(kind)]) for kind in (Person, Company, Address)),
    ]
    for text in texts:
        digest.update(text.encode() + b"\0")
    for table in sorted(files(__package__).joinpath("data").iterdir(), key=lambda file: file.name):
        digest.update(table.name.encode() + b"\0" + table.read_bytes())
    return f"{_REVISION}-{digest.hexdigest()}"
