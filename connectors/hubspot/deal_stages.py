"""Through which stages deals went, and when."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.hubspot.components import CrmObjects
from connectors.hubspot.pages import Records

STAGE = "dealstage"


@dataclass
class DealStageHistory(CrmObjects):
    """One record for every stage that a deal entered, as often as it entered it.

    It is read from the history of the property: `hs_v2_date_entered_*` only holds the last time
    that a deal entered a stage, and forgets the stages of pipelines that are gone.
    State: as of `CrmObjects`, for a deal that moves on is a deal that changed.
    """

    object_type: str = "deals"
    associated_with: tuple[str, ...] = ()
    with_history: tuple[str, ...] = (STAGE,)

    def properties_to_read(self) -> list[str]:
        """The history is all that is wanted."""
        return [STAGE]

    def given(self, records: Records) -> Records:
        """The stages of a page's deals, the oldest first, each with its `deal_id`."""
        rows: Records = []
        for deal in records:
            entries = (deal.get("propertiesWithHistory") or {}).get(STAGE) or []
            rows += [{"deal_id": str(deal["id"]), **entry} for entry in reversed(entries)]
        return rows
