"""HubSpot's short lists: owners, pipelines, and what properties there are."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import requests

from connectors.errors import VendorError
from connectors.hubspot.pages import LIST_SIZE, Records, list_pages
from connectors.user_warnings import FOR_USER
from connectors.whole_list import WholeList

logger = logging.getLogger("airbyte.hubspot")


@dataclass
class OwnerList(WholeList):
    """The owners; who left still stands in old deals and calls, so archived ones come too."""

    path: str = "crm/v3/owners"

    def whole_pages(self) -> Iterator[tuple[Records, requests.Response]]:
        """All pages, live owners first."""
        for archived in ("false", "true"):
            yield from list_pages(self, self.path, {"limit": LIST_SIZE, "archived": archived}, None)


@dataclass
class ListOfEachType(WholeList):
    """What HubSpot lists for one type of object at a time; each record gets its `object_type`.

    Types that the token may not read are left out with a warning, and what is known of them stays;
    only if it may read none of them, the stream fails.

    Attributes:
        path: of the lists, without the type of object at its end.
        object_types: those to ask for.
    """

    path: str = ""
    object_types: Sequence[str] = ()
    _refused: set[str] = field(init=False, repr=False, default_factory=set)

    def whole_pages(self) -> Iterator[tuple[Records, requests.Response]]:
        """All pages, type by type.

        Raises:
            VendorError: no type can be read.
        """
        self._refused.clear()
        for object_type in self.object_types:
            try:
                for records, response in list_pages(self, f"{self.path}/{object_type}", {}, None):
                    yield [{"object_type": object_type, **record} for record in records], response
            except VendorError as error:
                self._refused.add(object_type)
                if error.status != 403 or len(self._refused) == len(self.object_types):
                    raise
                logger.warning(
                    "%s: those of %s are left out. %s",
                    self.name,
                    object_type,
                    error,
                    extra=FOR_USER,
                )

    def was_read(self, key: Mapping[str, object]) -> bool:
        """Whether the list of the record's type was read."""
        return key["object_type"] not in self._refused
