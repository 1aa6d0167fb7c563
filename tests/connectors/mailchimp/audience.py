"""A Mailchimp account in memory, for what no sandbox can be made do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from answering_vendor import Answer, Request

PARTS = {
    "merge-fields": "merge_fields",
    "tag-search": "tags",
    "segments": "segments",
    "interest-categories": "categories",
}


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


@dataclass
class Account:
    now: int = 1_800_000_000
    lists: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    campaigns: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lists_archived_by_default: bool = True
    #: What else there is: records by path, under the name of the body's field.
    others: dict[str, tuple[str, list[dict[str, Any]]]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

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

    def have(self, path: str, name: str, *records: dict[str, Any]) -> None:
        self.others[path] = (name, list(records))

    def leave(self, campaign: str, *emails: str) -> None:
        """Who left after a campaign, and the count of it in the campaign's report."""
        self.campaigns.setdefault(campaign, [])
        people = [{"email_id": f"hash-{email}", "email_address": email} for email in emails]
        self.have(f"reports/{campaign}/unsubscribed", "unsubscribes", *people)
        _, reports = self.others.get("reports", ("reports", []))
        others = [report for report in reports if report["id"] != campaign]
        self.have("reports", "reports", *others, {"id": campaign, "unsubscribed": len(emails)})

    def __call__(self, request: Request) -> Answer:
        path = request.path.removeprefix("/3.0/")
        if path in self.refused:
            result = Answer({"title": "User action not permitted", "status": 403}, 403)
        elif path in self.others:
            result = self.page(request, *self.others[path])
        else:
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
            case ["3.0", "lists", list_id, part] if list_id in self.lists and part in PARTS:
                return self.page(request, PARTS[part], [])
            case ["3.0", "reports" | "automations" | "landing-pages" as name]:
                return self.page(request, name.replace("-", "_"), [])
        return Answer({"title": "Resource Not Found", "status": 404}, 404)

    @staticmethod
    def page(request: Request, name: str, records: list[Any]) -> Answer:
        count, offset = int(request.one("count") or 10), int(request.one("offset") or 0)
        if count > 1000:
            return Answer({"title": "Bad Request"}, 400)
        body = {name: records[offset : offset + count], "total_items": len(records)}
        return Answer(body)
