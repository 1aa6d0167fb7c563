"""What Mailchimp's connector reads, first and later."""

import pytest
from audience import Account
from reading import live, read

from connectors.registry import is_complete_reread

DAY = 86_400
KEY = "never-show-this-us21"


def config_for(server, **more):
    return {"api_key": KEY, "base_url": server.base_url, "max_retries": 0, **more}


@pytest.fixture
def account() -> Account:
    return Account()


def addresses(records):
    return sorted(record["email_address"] for record in records)


@pytest.mark.parametrize("by_default", [True, False])
def test_archived_members_come_once_whether_mailchimp_lists_them_or_not(
    local_vendor, account, by_default
):
    account.lists_archived_by_default = by_default
    account.put("l1", "a@example.com")
    account.put("l1", "b@example.com", "archived")
    account.put("l2", "b@example.com", "unsubscribed")
    result = read("mailchimp", config_for(local_vendor(account)), "members")
    assert result.failure is None
    found = sorted((m["list_id"], m["id"], m["status"]) for m in result.records["members"])
    assert found == [
        ("l1", "hash-a@example.com", "subscribed"),
        ("l1", "hash-b@example.com", "archived"),
        ("l2", "hash-b@example.com", "unsubscribed"),
    ]


def test_more_members_than_one_page_are_all_read(local_vendor, account):
    for number in range(2_500):
        account.put("l1", f"p{number}@example.com")
    server = local_vendor(account)
    result = read("mailchimp", config_for(server), "members", "lists")
    assert len(live(result.records["members"], "list_id", "id")) == 2_500
    assert {r.one("count") for r in server.requests} == {"1000"}
    assert all(r.headers["Authorization"].startswith("Basic ") for r in server.requests)
    assert server.base_url not in str(result.states)


def test_a_later_sync_reads_only_members_that_changed(local_vendor, account):
    for number in range(5):
        account.put("l1", f"p{number}@example.com")
    account.now += DAY
    server = local_vendor(account)
    first = read("mailchimp", config_for(server), "members")
    assert is_complete_reread({}, first.state["members"])
    account.now += DAY
    account.put("l1", "p1@example.com", "archived")
    account.put("l1", "new@example.com")
    account.put("l2", "p1@example.com")
    account.now += DAY
    second = read("mailchimp", config_for(server), "members", state=first.state)
    expected = ["new@example.com", "p1@example.com", "p1@example.com"]
    assert addresses(second.records["members"]) == expected
    assert not is_complete_reread(first.state["members"], second.state["members"])
    third = read("mailchimp", config_for(server), "members", state=second.state)
    assert third.records["members"] == []


def test_when_a_list_is_gone_all_members_are_read_so_that_its_own_are_known_to_be_gone(
    local_vendor, account
):
    account.put("l1", "a@example.com")
    account.put("l2", "b@example.com")
    account.now += DAY
    server = local_vendor(account)
    first = read("mailchimp", config_for(server), "members")
    account.now += DAY
    del account.lists["l2"]
    second = read("mailchimp", config_for(server), "members", state=first.state)
    assert addresses(second.records["members"]) == ["a@example.com"]
    assert is_complete_reread(first.state["members"], second.state["members"])


def test_a_sync_that_was_killed_goes_on_with_the_next_list(local_vendor, account):
    for number in range(4):
        for list_id in ("l1", "l2", "l3"):
            account.put(list_id, f"p{number}@example.com")
    account.now += DAY
    server = local_vendor(account)
    killed = read("mailchimp", config_for(server), "members", stop_after=6)
    assert set(killed.state["members"]["lists"]) == {"l1"}
    rest = read("mailchimp", config_for(server), "members", state=killed.state)
    assert {m["list_id"] for m in rest.records["members"]} == {"l2", "l3"}
    assert len(live(killed.records["members"] + rest.records["members"], "list_id", "id")) == 12
    assert not is_complete_reread(killed.state["members"], rest.state["members"])


def test_email_activity_is_one_record_an_action_and_later_only_new_ones(local_vendor, account):
    account.act("c1", "a@example.com", "open", ip="1.2.3.4")
    account.act("c1", "a@example.com", "click", url="https://example.com/")
    account.act("c2", "b@example.com", "bounce", type="hard")
    account.now += DAY
    server = local_vendor(account)
    first = read("mailchimp", config_for(server), "email_activity")
    key = ("campaign_id", "email_id", "action", "timestamp")
    assert len(live(first.records["email_activity"], *key)) == 3
    bounce = next(r for r in first.records["email_activity"] if r["action"] == "bounce")
    assert bounce == {
        "campaign_id": "c2",
        "list_id": "l1",
        "email_id": "hash-b@example.com",
        "email_address": "b@example.com",
        "action": "bounce",
        "timestamp": bounce["timestamp"],
        "type": "hard",
        "url": None,
        "ip": None,
    }
    assert set(first.state["email_activity"]["campaigns"]) == {"c1", "c2"}
    account.now += DAY
    account.act("c2", "c@example.com", "open")
    account.act("c3", "c@example.com", "open")
    account.now += DAY
    second = read("mailchimp", config_for(server), "email_activity", state=first.state)
    found = sorted((r["campaign_id"], r["action"]) for r in second.records["email_activity"])
    assert found == [("c2", "open"), ("c3", "open")]


def test_a_campaign_that_is_deleted_meanwhile_does_not_stop_the_others(local_vendor, account):
    account.act("c1", "a@example.com", "open")
    account.act("c2", "a@example.com", "open")

    def answer(request):
        result = account(request)
        if request.path == "/3.0/reports/c1/email-activity":
            result.status = 404
        return result

    result = read("mailchimp", config_for(local_vendor(answer)), "email_activity")
    assert result.failure is None
    assert [r["campaign_id"] for r in result.records["email_activity"]] == ["c2"]


def test_lists_and_campaigns_are_read_whole(local_vendor, account):
    for number in range(1_200):
        account.campaigns[f"c{number}"] = []
    account.put("l1", "a@example.com")
    result = read("mailchimp", config_for(local_vendor(account)), "lists", "campaigns")
    assert [r["id"] for r in result.records["lists"]] == ["l1"]
    assert len({r["id"] for r in result.records["campaigns"]}) == 1_201


def test_the_local_clock_plays_no_part(local_vendor, account):
    account.now = 4_000_000_000  # the year 2096
    account.put("l1", "a@example.com")
    account.now += DAY
    server = local_vendor(account)
    first = read("mailchimp", config_for(server), "members")
    account.now += DAY
    account.put("l1", "b@example.com")
    second = read("mailchimp", config_for(server), "members", state=first.state)
    assert addresses(second.records["members"]) == ["b@example.com"]


def test_a_start_date_limits_the_first_sync(local_vendor, account):
    account.put("l1", "a@example.com")
    account.act("c1", "a@example.com", "open")
    account.now += 10 * DAY
    account.put("l1", "b@example.com")
    account.act("c1", "b@example.com", "open")
    config = config_for(local_vendor(account), start_date="2027-01-20")
    result = read("mailchimp", config, "members", "email_activity")
    assert addresses(result.records["members"]) == ["b@example.com"]
    assert addresses(result.records["email_activity"]) == ["b@example.com"]
