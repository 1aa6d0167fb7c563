"""Brings an alert to Slack, a mailbox or a webhook, or says in one line why not.

This uses `requests` and the standard library's `smtplib` rather than a notification library.
Apprise was tried: its Slack channel posts to hooks.slack.com only (so neither Slack-compatible
servers nor a test against a local one), it writes its own message layout, and it reports a failure
as a bare False while the reason goes to its log together with parts of the URL.

Webhook URLs are secrets, and so are passwords: messages name the host at most, and no error text of
a library is passed on, since those quote URLs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import urlsplit

from expectations.alert_config import EmailConfig, SlackConfig, WebhookConfig
from expectations.alert_message import Alert, as_slack, as_text, as_webhook


class DeliveryError(Exception):
    """An alert that did not arrive; the message is one line, without any secret."""


def send_to_slack(alert: Alert, config: SlackConfig, timeout: float) -> None:
    """Post the alert to a Slack incoming webhook.

    Args:
        alert: What to tell.
        config: Where to.
        timeout: Seconds that the server may take to connect, and to answer.

    Raises:
        DeliveryError: If Slack did not take it.
    """
    _post(config.webhook_url.get_secret_value(), _json(as_slack(alert)), {}, timeout)


def send_to_webhook(alert: Alert, config: WebhookConfig, timeout: float) -> None:
    """Post the alert as JSON, signed if a secret is configured.

    Args:
        alert: What to tell.
        config: Where to, and what to send along.
        timeout: Seconds that the server may take to connect, and to answer.

    Raises:
        DeliveryError: If the server did not take it.
    """
    body = _json(as_webhook(alert))
    headers = {}
    if config.header is not None:
        name, _, value = config.header.get_secret_value().partition(":")
        headers[name.strip()] = value.strip()
    if config.secret is not None:
        key = config.secret.get_secret_value().encode()
        headers["X-Kesher-Signature"] = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
    _post(config.url.get_secret_value(), body, headers, timeout)


def send_by_email(alert: Alert, config: EmailConfig, timeout: float) -> None:
    """Send the alert by SMTP.

    Args:
        alert: What to tell.
        config: The mail server and the addresses.
        timeout: Seconds that the server may take for each answer.

    Raises:
        DeliveryError: If the server did not take it, for any of the addresses.
    """
    message = EmailMessage()
    message["Subject"] = alert.subject
    message["From"] = config.sender
    message["To"] = ", ".join(config.to)
    message["Date"] = format_datetime(alert.checked_at)
    message["Message-ID"] = make_msgid(domain=config.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(alert))
    where = f"the mail server {config.host}:{config.port}"
    try:
        with _smtp(config, timeout) as server:
            if config.user is not None and config.password is not None:
                server.login(config.user, config.password.get_secret_value())
            refused = server.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(f"{where} refused `user` and `password` ({error.smtp_code})") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise DeliveryError(f"{where} refused {', '.join(sorted(error.recipients))}") from None
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(f"{where} answered {error.smtp_code}") from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryError(
            f"{where} offers no STARTTLS or no login; see `starttls` and `user`"
        ) from None
    except ssl.SSLError as error:
        raise DeliveryError(
            f"{where} cannot be talked to safely: {error.reason or 'TLS failed'}"
        ) from None
    except TimeoutError:
        raise DeliveryError(f"{where} did not answer within {timeout:g} s") from None
    except UnicodeError:
        raise DeliveryError(f"{where} takes only ASCII in `user` and `password`") from None
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(f"{where} could not be reached ({type(error).__name__})") from None
    if refused:
        raise DeliveryError(f"{where} refused {', '.join(sorted(refused))}; the others got it")


def _smtp(config: EmailConfig, timeout: float) -> smtplib.SMTP:
    if config.port == 465:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(config.host, config.port, timeout=timeout, context=context)
    server = smtplib.SMTP(config.host, config.port, timeout=timeout)
    if config.starttls:
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> None:
    import requests

    where = f"the server {urlsplit(url).netloc.rpartition('@')[2]}"
    try:
        response = requests.post(
            url,
            data=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "kesher",
                **headers,
            },
            timeout=timeout,
            # A redirect would carry the message, and its signature, to a place nobody configured.
            allow_redirects=False,
        )
    except requests.Timeout:
        raise DeliveryError(f"{where} did not answer within {timeout:g} s") from None
    except requests.exceptions.SSLError:
        raise DeliveryError(f"{where} has no certificate that this machine trusts") from None
    except requests.RequestException as error:
        raise DeliveryError(f"{where} could not be reached ({type(error).__name__})") from None
    if not response.ok or response.is_redirect:
        hint = "; is the URL still valid?" if response.status_code in {401, 403, 404, 410} else ""
        raise DeliveryError(f"{where} answered {response.status_code}{hint}")
