"""What each list has of its own: fields, tags, segments, interests. They are few."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from connectors.errors import VendorError
from connectors.mailchimp.components import OffsetPages
from connectors.whole_list import WholeList

logger = logging.getLogger("airbyte.mailchimp")


@dataclass
class PartsOfLists(WholeList, OffsetPages):
    """Reads a short list of each audience; gives what is new, changed or gone.

    Attributes:
        path: of the list, `{list}` being the audience's id.
        records_field: of the body that holds the records.
        page_key: the field that tells records of one audience from each other.
        group_path: of a list between the two, where there is one: `path` has its `{group}` then.
        group_field: of the body that holds the groups.
        group_key: the record's field with the group's id.
        list_parameters: further parameters.
    """

    path: str = ""
    records_field: str = ""
    page_key: str = "id"
    group_path: str = ""
    group_field: str = ""
    group_key: str = ""
    list_parameters: dict[str, Any] = field(default_factory=dict)

    def whole_pages(self) -> Iterator[tuple[list[dict[str, Any]], requests.Response]]:
        """All pages of every audience; each record bears the audience's id."""
        for list_id in self.ids("lists", "lists", {}):
            try:
                for path, group in self._paths(list_id):
                    own = {"list_id": list_id, **group}
                    pages = self.pages(
                        path, self.records_field, self.list_parameters, self.page_key
                    )
                    for records, response, _ in pages:
                        yield [{**record, **own} for record in records], response
            except VendorError as error:
                if error.status != 404 or self.is_there(f"lists/{list_id}"):
                    raise
                # It stood among the lists a moment ago: deleted meanwhile, and what it had too.
                logger.warning("%s: list %s is gone, left out", self.name, list_id)

    def _paths(self, list_id: str) -> Iterator[tuple[str, dict[str, str]]]:
        if not self.group_path:
            yield self.path.format(list=list_id), {}
            return
        for group in self.ids(self.group_path.format(list=list_id), self.group_field, {}):
            yield self.path.format(list=list_id, group=group), {self.group_key: group}
