"""A HubSpot account in memory, with the limits of HubSpot, for what no sandbox can be made do."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from answering_vendor import Answer, Request

TYPES = (
    *("contacts", "companies", "deals", "tickets", "line_items", "products", "leads"),
    *("calls", "meetings", "notes", "tasks", "emails"),
)


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@dataclass
class Portal:
    now: int = 1_800_000_000
    objects: dict[str, dict[int, dict[str, Any]]] = field(
        default_factory=lambda: {name: {} for name in TYPES}
    )
    associations: dict[tuple[str, str], dict[int, list[int]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    properties: list[str] = field(default_factory=lambda: ["firstname", "hs_merged_object_ids"])
    pipelines: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"deals": [{"id": "default"}], "tickets": [{"id": "default"}]}
    )
    longest_url: int = 14_000
    longest_search: int = 3_000
    associations_a_page: int = 100

    def put(self, kind: str, number: int, **properties: str | None) -> None:
        self.objects[kind][number] = {
            "id": str(number),
            "properties": {**dict.fromkeys(self.properties), **properties},
            "createdAt": iso(self.now),
            "updatedAt": iso(self.now),
            "archived": False,
        }

    def move(self, deal: int, *stages: str) -> None:
        """Takes a deal through stages, one a second; `put` it first."""
        record = self.objects["deals"][deal]
        for stage in stages:
            self.now += 1
            entry = {"value": stage, "timestamp": iso(self.now), "sourceType": "CRM_UI"}
            record.setdefault("_history", []).insert(0, entry)
            record["properties"]["dealstage"] = stage
        record["updatedAt"] = iso(self.now)

    def archive(self, kind: str, number: int) -> None:
        self.objects[kind][number].update(archived=True, archivedAt=iso(self.now))

    def __call__(self, request: Request) -> Answer:
        if len(json.dumps(request.query)) > self.longest_url:
            return Answer({"message": "URI too long"}, 414)
        result = self.answer(request, request.path.strip("/").split("/"))
        result.date = self.now
        return result

    def answer(self, request: Request, parts: list[str]) -> Answer:
        body = json.loads(request.body) if request.body else {}
        match parts:
            case ["crm", "v3", "properties", _]:
                return Answer({"results": [{"name": name} for name in self.properties]})
            case ["crm", "v3", "pipelines", kind]:
                return Answer({"results": self.pipelines[kind]})
            case ["crm", "v3", "owners"]:
                archived = request.one("archived") == "true"
                owner = {"id": "2" if archived else "1", "archived": archived}
                return Answer({"results": [owner]})
            case ["crm", "v3", "objects", kind] if request.method == "GET":
                return self.page(kind, request)
            case ["crm", "v3", "objects", kind, "search"]:
                if len(request.body) > self.longest_search:
                    return Answer({"message": "search too long"}, 400)
                return self.search(kind, body)
            case ["crm", "v3", "objects", kind, "batch", "read"]:
                archived = request.one("archived") == "true"
                history = body["propertiesWithHistory"]
                assert len(body["inputs"]) <= (50 if history else 100)
                wanted = [self.objects[kind][int(entry["id"])] for entry in body["inputs"]]
                results = [self.shown(o, body["properties"], history) for o in wanted]
                return Answer({"results": [o for o in results if o["archived"] == archived]})
            case ["crm", "v4", "associations", kind, target, "batch", "read"]:
                return self.associated(kind, target, body["inputs"])
        return Answer({"message": "no such resource"}, 404)

    def shown(
        self, record: dict[str, Any], properties: list[str], history: list[str] | None = None
    ) -> dict[str, Any]:
        known = record["properties"]
        told = {key: value for key, value in record.items() if key != "_history"}
        if history:
            told["propertiesWithHistory"] = {history[0]: record.get("_history", [])}
        return {**told, "properties": {name: known.get(name) for name in properties if name}}

    def page(self, kind: str, request: Request) -> Answer:
        limit = int(request.one("limit") or 10)
        history = (request.one("propertiesWithHistory") or "").split(",")
        if limit > (50 if history[0] else 100):
            return Answer({"message": "limit too large"}, 400)
        archived = request.one("archived") == "true"
        after = int(request.one("after") or 0)
        there = [
            record
            for number, record in sorted(self.objects[kind].items())
            if record["archived"] == archived and number > after
        ]
        results = []
        for record in there[:limit]:
            properties = (request.one("properties") or "").split(",")
            shown = self.shown(record, properties, history if history[0] else None)
            for target in (request.one("associations") or "").split(","):
                linked = self.associations[kind, target].get(int(record["id"]), [])
                if linked:
                    entry: dict[str, Any] = {
                        "results": [
                            {"id": str(n), "type": "contact_to_company_unlabeled"}
                            for n in linked[: self.associations_a_page]
                        ]
                    }
                    if len(linked) > self.associations_a_page:
                        entry["paging"] = {"next": {"after": "x", "link": "y"}}
                    shown.setdefault("associations", {})[target] = entry
            results.append(shown)
        page = {"results": results}
        if len(there) > limit:
            page["paging"] = {"next": {"after": results[-1]["id"], "link": "?"}}
        return Answer(page)

    def search(self, kind: str, body: dict[str, Any]) -> Answer:
        after = int(body.get("after") or 0)
        if body["limit"] > 200 or after + body["limit"] > 10_000:
            return Answer({"message": "paging beyond 10,000 results"}, 400)
        found = []
        for number, record in sorted(self.objects[kind].items()):
            changed = datetime.fromisoformat(record["updatedAt"]).timestamp() * 1000
            values = {
                "lastmodifieddate": changed,
                "hs_lastmodifieddate": changed,
                "hs_object_id": number,
            }
            if not record["archived"] and all(
                values[f["propertyName"]] >= int(f["value"])
                if f["operator"] == "GTE"
                else values[f["propertyName"]] > int(f["value"])
                for f in body["filterGroups"][0]["filters"]
            ):
                found.append(record)
        results = [self.shown(o, body["properties"]) for o in found[after : after + body["limit"]]]
        page: dict[str, Any] = {"total": len(found), "results": results}
        if len(found) > after + len(results):
            page["paging"] = {"next": {"after": str(after + len(results))}}
        return Answer(page)

    def associated(self, kind: str, target: str, inputs: list[dict[str, str]]) -> Answer:
        assert len(inputs) <= 1000
        results, errors = [], []
        for entry in inputs:
            linked = self.associations[kind, target].get(int(entry["id"]), [])
            start = int(entry.get("after") or 0)
            part = linked[start : start + self.associations_a_page]
            if not linked:
                errors.append(
                    {
                        "status": "error",
                        "category": "OBJECT_NOT_FOUND",
                        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                        "message": f"No {target} is associated with {kind} {entry['id']}.",
                    }
                )
                continue
            kinds = [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}]
            result: dict[str, Any] = {
                "from": {"id": entry["id"]},
                "to": [{"toObjectId": number, "associationTypes": kinds} for number in part],
            }
            if start + len(part) < len(linked):
                result["paging"] = {"next": {"after": str(start + len(part))}}
            results.append(result)
        body = {"status": "COMPLETE", "results": results, "errors": errors}
        return Answer(body, 207 if errors else 200)
