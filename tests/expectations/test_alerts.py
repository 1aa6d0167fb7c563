"""Alerts go out once, over real HTTP and SMTP servers on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from servers import HttpInbox, MailInbox, free_port, http_inbox, mail_inbox

from expectations.alerts import AlertsConfig, notify
from expectations.report import CheckReport, CheckResult

EMAIL_FORM = CheckResult(
    check_id="customers.email.form",
    mart="customers",
    column="email",
    title="E-mail addresses of customers look like e-mail addresses",
    severity="warning",
    success=False,
    checked_rows=1234567,
    failed_rows=2,
    examples=("maria@example.com", "+972 52-123-4567", "kc_0123456789abcdef0123", "נועה <לוי>"),
)
UNIQUE = CheckResult(
    check_id="customers.customer_id.unique",
    mart="customers",
    column="customer_id",
    title="No customer_id stands in the table twice",
    severity="critical",
    success=False,
    checked_rows=10,
    failed_rows=2,
    examples=("kc_1",),
)
SECRET_PATH = "/services/T000/B000/verysecrettoken"


def report(*results: CheckResult) -> CheckReport:
    return CheckReport(results, datetime(2026, 7, 1, 12, 30, tzinfo=UTC))


def passing(result: CheckResult) -> CheckResult:
    return replace(result, success=True, failed_rows=0, examples=())


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def web() -> Iterator[HttpInbox]:
    with http_inbox() as inbox:
        yield inbox


@pytest.fixture
def mail() -> Iterator[MailInbox]:
    with mail_inbox() as inbox:
        yield inbox


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "checks" / "state.json"


def config(**channels: Any) -> AlertsConfig:
    return AlertsConfig.model_validate(channels)


def slack(inbox: HttpInbox) -> AlertsConfig:
    return config(slack={"webhook_url": inbox.url + SECRET_PATH})


def email(inbox: MailInbox, **settings: Any) -> AlertsConfig:
    to = settings.pop("to", "data@example.com")
    base = {"host": "127.0.0.1", "port": inbox.port, "from": "kesher@example.com", "to": to}
    return config(email={**base, "starttls": False, **settings})


def test_a_failure_is_told_once_and_its_recovery_once(web: HttpInbox, state: Path) -> None:
    channels = config(webhook={"url": web.url})
    for failing in (EMAIL_FORM, EMAIL_FORM, replace(EMAIL_FORM, failed_rows=99)):
        notify(report(failing), state, channels)
    assert [len(message["started"]) for message in web.messages] == [1]

    for _ in range(2):
        notify(report(passing(EMAIL_FORM)), state, channels)
    assert [
        ([c["check_id"] for c in message["started"]], [c["check_id"] for c in message["recovered"]])
        for message in web.messages
    ] == [(["customers.email.form"], []), ([], ["customers.email.form"])]

    notify(report(EMAIL_FORM), state, channels)
    assert len(web.messages) == 3


def test_nothing_is_sent_when_all_is_well_or_no_channel_is_configured(
    web: HttpInbox, state: Path
) -> None:
    assert notify(report(passing(EMAIL_FORM)), state, slack(web)) == []
    assert notify(report(EMAIL_FORM), state, AlertsConfig()) == []
    assert web.bodies == []
    assert not state.exists()


def test_a_failure_that_becomes_critical_is_told_again(web: HttpInbox, state: Path) -> None:
    channels = config(webhook={"url": web.url})
    notify(report(EMAIL_FORM), state, channels)
    notify(report(replace(EMAIL_FORM, severity="critical")), state, channels)
    notify(report(EMAIL_FORM), state, channels)
    assert [message["started"][0]["severity"] for message in web.messages] == [
        "warning",
        "critical",
    ]
    assert [message["publishing_blocked"] for message in web.messages] == [False, True]


def test_a_check_that_did_not_run_has_not_recovered(web: HttpInbox, state: Path) -> None:
    channels = config(webhook={"url": web.url})
    notify(report(EMAIL_FORM), state, channels)
    notify(report(UNIQUE), state, channels)
    notify(report(EMAIL_FORM, passing(UNIQUE)), state, channels)
    assert [
        ([c["check_id"] for c in message["started"]], [c["check_id"] for c in message["recovered"]])
        for message in web.messages
    ] == [
        (["customers.email.form"], []),
        (["customers.customer_id.unique"], []),
        ([], ["customers.customer_id.unique"]),
    ]


def test_only_what_is_new_is_told_and_the_rest_counted(web: HttpInbox, state: Path) -> None:
    channels = config(webhook={"url": web.url})
    notify(report(EMAIL_FORM), state, channels)
    notify(report(EMAIL_FORM, UNIQUE), state, channels)
    last = web.messages[-1]
    assert [check["check_id"] for check in last["started"]] == ["customers.customer_id.unique"]
    assert last["still_failing"] == 1


def test_a_delivery_that_failed_is_tried_again_and_then_told_once(
    web: HttpInbox, state: Path
) -> None:
    web.status = 500
    (first,) = notify(report(UNIQUE), state, slack(web))
    assert not first.delivered
    assert "500" in first.message
    web.status = 200
    (second,) = notify(report(UNIQUE), state, slack(web))
    assert second.delivered
    assert notify(report(UNIQUE), state, slack(web)) == []
    assert len(web.bodies) == 2


def test_what_recovers_before_it_could_be_told_is_never_told(web: HttpInbox, state: Path) -> None:
    web.status = 503
    notify(report(UNIQUE), state, slack(web))
    web.status = 200
    assert notify(report(passing(UNIQUE)), state, slack(web)) == []


def test_one_channel_down_does_not_keep_the_others_from_being_told(
    web: HttpInbox, mail: MailInbox, state: Path
) -> None:
    channels = config(
        slack={"webhook_url": f"http://127.0.0.1:{free_port()}{SECRET_PATH}"},
        webhook={"url": web.url},
        email={
            "host": "127.0.0.1",
            "port": mail.port,
            "from": "kesher@example.com",
            "to": ["a@example.com"],
            "starttls": False,
        },
    )
    deliveries = notify(report(UNIQUE), state, channels)
    assert {d.channel: d.delivered for d in deliveries} == {
        "slack": False,
        "email": True,
        "webhook": True,
    }
    again = notify(report(UNIQUE), state, channels)
    assert [delivery.channel for delivery in again] == ["slack"]
    assert len(web.bodies) == len(mail.mails) == 1


def test_slack_gets_blocks_with_counts_and_masked_examples(web: HttpInbox, state: Path) -> None:
    notify(report(EMAIL_FORM, UNIQUE), state, slack(web))
    (message,) = web.messages
    assert web.headers[0]["Content-Type"].startswith("application/json")
    assert set(message) == {"text", "blocks"}
    kinds = [block["type"] for block in message["blocks"]]
    assert kinds == ["header", "section", "section", "context"]
    header, state_of_things, started, _ = message["blocks"]
    assert header["text"]["type"] == "plain_text"
    assert header["text"]["text"] == "Kesher: 2 checks started to fail (1 critical)"
    assert "Publishing is blocked" in state_of_things["text"]["text"]
    assert started["text"]["type"] == "mrkdwn"
    text = started["text"]["text"]
    assert text.index("customers.customer_id.unique") < text.index("customers.email.form")
    assert "2 (of 1,234,567 rows checked)" in text
    assert "`m***@e***.com`" in text
    assert "`***67`" in text
    assert "`kc_0123456789abcdef0123`" in text
    assert "`\u2068נועה &lt;לוי&gt;\u2069`" in text
    assert "maria" not in json.dumps(message)
    assert "123-4567" not in json.dumps(message)


def test_a_slack_message_keeps_slacks_limits_however_much_fails(
    web: HttpInbox, state: Path
) -> None:
    many = [
        replace(
            UNIQUE, check_id=f"customers.check_{n}", title="x" * 160, examples=("y" * 5000,) * 20
        )
        for n in range(300)
    ]
    notify(report(*many), state, slack(web))
    blocks = web.messages[0]["blocks"]
    assert len(blocks) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks if block["type"] == "section")
    assert "275 checks more" in json.dumps(blocks)


def test_a_mail_has_utf8_text_masked_examples_and_all_receivers(
    mail: MailInbox, state: Path
) -> None:
    (delivery,) = notify(
        report(EMAIL_FORM), state, email(mail, to=["data@example.com", "boss@example.com"])
    )
    assert delivery.delivered
    (message,) = mail.mails
    assert mail.recipients == [["data@example.com", "boss@example.com"]]
    assert message["Subject"] == "Kesher: 1 check started to fail"
    assert message["From"] == "kesher@example.com"
    text = message.get_content()
    assert "נועה <לוי>" in text
    assert "m***@e***.com" in text
    assert "kc_0123456789abcdef0123" in text
    assert "maria" not in text
    assert "2026-07-01 12:30 UTC" in text

    notify(report(passing(EMAIL_FORM)), state, email(mail))
    assert mail.mails[1]["Subject"] == "Kesher: 1 check recovered"


def test_a_mail_server_with_a_login_is_logged_in_to(mail: MailInbox, state: Path) -> None:
    notify(report(UNIQUE), state, email(mail, user="kesher", password="right-password"))
    assert mail.logins == [(b"kesher", b"right-password")]
    assert len(mail.mails) == 1


def test_a_wrong_password_is_one_clear_line_without_the_password(
    mail: MailInbox, state: Path
) -> None:
    (delivery,) = notify(
        report(UNIQUE), state, email(mail, user="kesher", password="wrong-password")
    )
    assert not delivery.delivered
    assert "refused `user` and `password` (535)" in delivery.message
    assert "wrong-password" not in delivery.message


def test_a_password_that_smtp_cannot_carry_is_one_clear_line(mail: MailInbox, state: Path) -> None:
    (delivery,) = notify(report(UNIQUE), state, email(mail, user="kesher", password="סיסמה"))
    assert not delivery.delivered
    assert "only ASCII" in delivery.message
    assert "סיסמה" not in delivery.message


def test_a_refused_receiver_is_named(mail: MailInbox, state: Path) -> None:
    mail.refused = {"gone@example.com"}
    (delivery,) = notify(report(UNIQUE), state, email(mail, to=["gone@example.com"]))
    assert not delivery.delivered
    assert "refused gone@example.com" in delivery.message


def test_a_mail_server_without_starttls_gets_nothing_if_starttls_is_asked_for(
    mail: MailInbox, state: Path
) -> None:
    (delivery,) = notify(report(UNIQUE), state, email(mail, starttls=True))
    assert not delivery.delivered
    assert "STARTTLS" in delivery.message
    assert mail.mails == []


def test_a_webhook_is_signed_and_carries_its_header(web: HttpInbox, state: Path) -> None:
    channels = config(
        webhook={"url": web.url, "header": "Authorization: Bearer abc", "secret": "shared-secret"}
    )
    notify(report(EMAIL_FORM), state, channels)
    signature = hmac.new(b"shared-secret", web.bodies[0], hashlib.sha256).hexdigest()
    assert web.headers[0]["X-Kesher-Signature"] == f"sha256={signature}"
    assert web.headers[0]["Authorization"] == "Bearer abc"
    (message,) = web.messages
    assert message["event"] == "quality_checks_changed"
    assert message["started"][0]["failed_rows"] == 2
    assert message["started"][0]["examples"] == [
        "m***@e***.com",
        "***67",
        "kc_0123456789abcdef0123",
        "נועה <לוי>",
    ]


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410, 500])
def test_whatever_is_not_taken_is_told_with_its_status_and_without_the_secret_path(
    web: HttpInbox, state: Path, status: int
) -> None:
    web.status = status
    (delivery,) = notify(report(UNIQUE), state, slack(web))
    assert not delivery.delivered
    assert str(status) in delivery.message
    assert "verysecrettoken" not in delivery.message
    assert "\n" not in delivery.message
    assert len(web.bodies) == 1


def test_a_server_that_hangs_or_is_not_there_fails_in_time_and_without_secrets(
    web: HttpInbox, state: Path
) -> None:
    web.delay = threading.Event()
    gone = f"http://user:hunter2@127.0.0.1:{free_port()}{SECRET_PATH}"
    channels = config(
        slack={"webhook_url": web.url + SECRET_PATH}, webhook={"url": gone}, timeout_seconds=0.2
    )
    hanging, missing = notify(report(UNIQUE), state, channels)
    assert "did not answer within 0.2 s" in hanging.message
    assert "could not be reached" in missing.message
    for delivery in (hanging, missing):
        assert not delivery.delivered
        assert "verysecrettoken" not in delivery.message
        assert "hunter2" not in delivery.message


@pytest.mark.parametrize("content", ["", "{", "[]", '{"told": 3}', '{"told": {"webhook": []}}'])
def test_a_broken_memory_tells_again_rather_than_not_at_all(
    web: HttpInbox, state: Path, content: str
) -> None:
    state.parent.mkdir()
    state.write_text(content)
    (delivery,) = notify(report(UNIQUE), state, slack(web))
    assert delivery.delivered
    assert notify(report(UNIQUE), state, slack(web)) == []


def test_a_memory_that_cannot_be_kept_is_one_clear_line(web: HttpInbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    deliveries = notify(report(UNIQUE), tmp_path / "file" / "state.json", slack(web))
    assert [(d.channel, d.delivered) for d in deliveries] == [("slack", True), ("state", False)]
    assert "cannot be written" in deliveries[1].message


def test_the_memory_holds_no_personal_data_and_no_secrets(web: HttpInbox, state: Path) -> None:
    notify(report(EMAIL_FORM), state, slack(web))
    assert json.loads(state.read_text()) == {
        "version": 1,
        "told": {"slack": {"customers.email.form": "warning"}},
    }
    assert [path.name for path in state.parent.iterdir()] == ["state.json"]


MAIL = {"host": "mail.example.com", "from": "k@example.com", "to": "d@example.com"}


@pytest.mark.parametrize(
    ("channels", "key", "reason"),
    [
        ({"slack": {"webhook_url": "verysecret"}}, "slack.webhook_url", "https://"),
        ({"slack": {"webhook_url": "http://[verysecret"}}, "slack.webhook_url", "https://"),
        (
            {"slack": {"webhook_url": "https://x.example", "token": "verysecret"}},
            "slack.token",
            "Extra inputs",
        ),
        ({"webhook": {"url": "https://x.example", "header": "verysecret"}}, "webhook", "Name:"),
        (
            {"webhook": {"url": "https://x.example", "header": "A: verysecret\r\nB: c"}},
            "webhook",
            "one line",
        ),
        ({"email": {**MAIL, "to": []}}, "email.to", "at least 1"),
        ({"email": {**MAIL, "to": "verysecret"}}, "email.to.0", "such as data@example.com"),
        ({"email": {**MAIL, "port": 70000}}, "email.port", "65535"),
        ({"email": {**MAIL, "user": "kesher"}}, "email", "both `user` and `password`"),
        (
            {"email": {**MAIL, "user": "k", "password": "verysecret", "starttls": False}},
            "email",
            "in clear",
        ),
        ({"pager": {}}, "pager", "Extra inputs"),
    ],
)
def test_a_wrong_configuration_names_its_key_and_never_the_value(
    channels: dict[str, Any], key: str, reason: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        AlertsConfig.model_validate(channels)
    (error,) = raised.value.errors(include_input=False, include_url=False)
    assert ".".join(map(str, error["loc"])) == key
    assert reason in error["msg"]
    assert "verysecret" not in str(raised.value)


def test_secrets_do_not_show_when_the_configuration_is_printed() -> None:
    channels = config(
        slack={"webhook_url": "https://hooks.example/verysecret"},
        email={**MAIL, "user": "kesher", "password": "verysecret"},
        webhook={"url": "https://x.example/verysecret", "header": "A: verysecret", "secret": "x"},
    )
    assert "verysecret" not in repr(channels)
    assert "verysecret" not in str(channels.model_dump())
