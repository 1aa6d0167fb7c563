"""A Mailchimp account in memory, for what no sandbox can be made do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from answering_vendor import Answer, Request


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


@dataclass
class Account:
    now: int = 1_800_000_000
    lists: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    campaigns: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lists_archived_by_default: bool = True

    def put(self, list_id: str, email: str, status: str = "subscribed") -> None:
        self.lists.setdefault(list_id, {})[email] = {
            "id": f"hash-{email}",
            "list_id": list_id,
            "email_address": email,
            "status": status,
            "last_changed": iso(self.now),
        }

    def act(self, campaign: str, email: str, action: str, **more: str) -> None:
        actions = {"action": action, "timestamp": iso(self.now), **more}
        self.campaigns.setdefault(campaign, []).append({"email": email, **actions})

    def __call__(self, request: Request) -> Answer:
        result = self.answer(request, request.path.strip("/").split("/"))
        result.date = self.now
        return result

    def answer(self, request: Request, parts: list[str]) -> Answer:
        match parts:
            case ["3.0", "lists"]:
                return self.page(request, "lists", [{"id": key} for key in self.lists])
            case ["3.0", "lists", list_id, "members"]:
                since = request.one("since_last_changed")
                status = request.one("status")
                members = [
                    member
                    for member in self.lists[list_id].values()
                    if (not since or member["last_changed"] > since)
                    and (
                        member["status"] == status
                        if status
                        else self.lists_archived_by_default or member["status"] != "archived"
                    )
                ]
                return self.page(request, "members", members)
            case ["3.0", "campaigns"]:
                sent = [{"id": key, "status": "sent"} for key in self.campaigns]
                others = [{"id": "draft", "status": "save"}]
                return self.page(
                    request, "campaigns", sent if request.one("status") == "sent" else sent + others
                )
            case ["3.0", "reports", campaign, "email-activity"]:
                since = request.one("since") or ""
                emails: dict[str, Any] = {}
                for done in self.campaigns[campaign]:
                    entry = emails.setdefault(
                        done["email"],
                        {
                            "campaign_id": campaign,
                            "list_id": "l1",
                            "email_id": f"hash-{done['email']}",
                            "email_address": done["email"],
                            "activity": [],
                        },
                    )
                    if done["timestamp"] > since:
                        entry["activity"].append({k: v for k, v in done.items() if k != "email"})
                return self.page(request, "emails", list(emails.values()))
        return Answer({"title": "Resource Not Found", "status": 404}, 404)

    @staticmethod
    def page(request: Request, name: str, records: list[Any]) -> Answer:
        count, offset = int(request.one("count") or 10), int(request.one("offset") or 0)
        if count > 1000:
            return Answer({"title": "Bad Request"}, 400)
        body = {name: records[offset : offset + count], "total_items": len(records)}
        return Answer(body)
