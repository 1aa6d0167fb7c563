"""Who left after which campaign. Their list has no times to ask for, but the reports count them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import VendorError
from connectors.mailchimp.components import OffsetPages

logger = logging.getLogger("airbyte.mailchimp")


@dataclass
class UnsubscribesOfCampaigns(OffsetPages):
    """Reads who unsubscribed after each campaign; later only where the report counts others.

    State: `{"campaigns": {campaign id: number}}`, so many having been counted when it was read; in
    the middle of one also `"within": {"campaign": id, "count": …, "place": …}`.
    """

    def read_pages(self) -> Iterator[Iterable[Mapping[str, Any]]]:
        """Pages of people who left; the state follows them."""
        state = self.checkpoint.state
        within: dict[str, Any] = state.get("within") or {}
        known: dict[str, int] = dict(state.get("campaigns") or {})
        counted = self._counted()
        done = {campaign: count for campaign, count in known.items() if campaign in counted}
        for campaign, count in counted.items():
            if done.get(campaign, 0) == count:
                done[campaign] = count
                continue
            place = within if within.get("campaign") == campaign else {}
            path = f"reports/{campaign}/unsubscribed"
            params = {"exclude_fields": "unsubscribes._links,_links"}
            try:
                inner = place.get("place") if place.get("count") == count else None
                for records, _, here in self.pages(path, "unsubscribes", params, "email_id", inner):
                    yield [{**record, "campaign_id": campaign} for record in records]
                    place = {"campaign": campaign, "count": count, "place": here}
                    self.checkpoint.offer({"campaigns": done, "within": place}, len(records))
            except VendorError as error:
                if error.status != 404 or self.is_there(f"campaigns/{campaign}"):
                    raise
                # It stood among the reports a moment ago: deleted meanwhile.
                logger.warning("%s: campaign %s is gone, left out", self.name, campaign)
                continue
            done[campaign] = count
            self.checkpoint.offer({"campaigns": done}, 0)
        self.checkpoint.save({"campaigns": done})

    def _counted(self) -> dict[str, int]:
        """How many left after each campaign, as its report has it."""
        params: dict[str, Any] = {"fields": "reports.id,reports.unsubscribed,total_items"}
        if self.start():
            params["since_send_time"] = self.start()
        return {
            str(report["id"]): int(report.get("unsubscribed") or 0)
            for reports, _, _ in self.pages("reports", "reports", params)
            for report in reports
        }
