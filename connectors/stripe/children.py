"""What is listed by its parent only: lines of invoices, items of subscriptions, cards of customers.

None of them has events of its own but the cards: what happens to lines and items, the events of
their parents tell.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from connectors.errors import VendorError, malformed_body
from connectors.in_parallel import in_order
from connectors.stripe.components import VENDOR, ListThenEvents, Page, moment, told_object

logger = logging.getLogger("airbyte.stripe")

Thing = dict[str, Any]


@dataclass
class ChildrenInParents(ListThenEvents):
    """Reads the objects that each parent holds, all of them: a parent shows its first ones only.

    The list, the events and the state are the parents'. A child that a later version of its parent
    does not hold any more is told as deleted.

    Attributes:
        held_in: the parent's field that holds the list of children.
        parent_key: the child's field with the parent's id; together with `id` its primary key.
        whole_path: the list of all children of one parent, `{parent}` being its id.
        whole_parameter: the parameter of that list that names the parent, where the path does not.
        carried: fields that each child takes from its parent, by their names in the child.
    """

    held_in: str = ""
    parent_key: str = ""
    whole_path: str = ""
    whole_parameter: str = ""
    carried: dict[str, str] = field(default_factory=dict)

    def listed(self, objects: list[Thing]) -> Iterator[tuple[list[Thing], str | None]]:
        """The children of a page of parents: of those with few together, of others page by page."""
        few: list[Thing] = []
        through: str | None = None
        for parent in objects:
            held, has_more = self._held(parent)
            if has_more:
                yield few, through
                few = []
                for children in self._whole(parent, held):
                    yield children, None
                yield [], parent["id"]
            else:
                few.extend(self._child(parent, child) for child in held)
            through = parent["id"]
        yield few, through

    def told(self, pages: Sequence[Page]) -> Iterator[list[Thing]]:
        """The children of each parent's newest version, and which of them are gone."""
        now_in: dict[str, set[str]] = {}
        gone_since: dict[tuple[str, str], int] = {}
        for events, response in pages:
            for event in events:
                parent, created = told_object(event, response)
                key = parent["id"]
                held, has_more = self._held(parent, response)
                if key in now_in:
                    # An older version: of use only for what the newest one does not hold.
                    held += self._held_before(event)
                elif event.get("type") in self.deleted_by:
                    now_in[key] = set()
                else:
                    now_in[key] = set()
                    whole = (
                        self._whole(parent, held) if has_more else iter([self._all(parent, held)])
                    )
                    for children in whole:
                        yield children
                        now_in[key].update(str(child["id"]) for child in children)
                    held = self._held_before(event)
                for child in held:
                    if child["id"] not in now_in[key]:
                        gone_since.setdefault((key, child["id"]), created)
        yield [
            {self.parent_key: parent, "id": child, "_ab_cdc_deleted_at": moment(created)}
            for (parent, child), created in gone_since.items()
            if child not in now_in[parent]
        ]

    def _held(
        self, parent: Mapping[str, Any], response: requests.Response | None = None
    ) -> tuple[list[Thing], bool]:
        shown = parent.get(self.held_in)
        if isinstance(shown, dict) and isinstance(shown.get("data"), list):
            return [child for child in shown["data"] if child.get("id")], bool(
                shown.get("has_more")
            )
        if response is not None:
            reason = f"{parent['id']} has no list '{self.held_in}'"
            raise malformed_body(VENDOR, response, reason)
        # The list leaves it out: all of them have to be asked for.
        return [], True

    def _held_before(self, event: Mapping[str, Any]) -> list[Thing]:
        before = event["data"].get("previous_attributes")
        shown = before.get(self.held_in) if isinstance(before, dict) else None
        held = shown.get("data") if isinstance(shown, dict) else None
        return [c for c in held or () if isinstance(c, dict) and isinstance(c.get("id"), str)]

    def _whole(self, parent: Thing, held: list[Thing]) -> Iterator[list[Thing]]:
        path = self.whole_path.format(parent=parent["id"])
        more = {self.whole_parameter: parent["id"]} if self.whole_parameter else {}
        try:
            for children, _ in self.list_pages(None, more, path):
                yield self._all(parent, children)
        except VendorError as error:
            if error.vendor_code != "resource_missing":
                raise
            # Deleted meanwhile: a later event tells. What the parent showed is all there is.
            logger.warning("%s: %s is gone, only its first ones are read", self.name, parent["id"])
            yield self._all(parent, held)

    def _all(self, parent: Thing, children: list[Thing]) -> list[Thing]:
        return [self._child(parent, child) for child in children]

    def _child(self, parent: Thing, child: Thing) -> Thing:
        carried = {name: parent.get(key) for name, key in self.carried.items()}
        return {**child, **carried, self.parent_key: parent["id"]}


@dataclass
class PaymentMethodsOfCustomers(ListThenEvents):
    """Reads the payment methods of each customer; later what their own events tell.

    `path` is the list of customers, since there is no list of all payment methods.
    """

    def listed(self, objects: list[Thing]) -> Iterator[tuple[list[Thing], str | None]]:
        """The payment methods of a page of customers, who are asked for side by side."""
        methods = in_order(self._of_customer, objects)
        for customer, its_methods in zip(objects, methods, strict=True):
            yield its_methods, customer["id"]

    def _of_customer(self, customer: Thing) -> list[Thing]:
        path = f"v1/customers/{customer['id']}/payment_methods"
        try:
            return [method for methods, _ in self.list_pages(None, {}, path) for method in methods]
        except VendorError as error:
            if error.vendor_code != "resource_missing":
                raise
            # It stood in the list of customers a moment ago: deleted meanwhile.
            logger.info("%s: %s is gone, left out", self.name, customer["id"])
            return []
