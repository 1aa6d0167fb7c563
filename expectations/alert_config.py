"""Where alerts go: the ``alerts`` part of ``kesher.yml``."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)


def _is_http_url(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        valid = False
    if not valid:
        # The URL itself is a secret (whoever has it can post), so it is not repeated here.
        raise ValueError("expected a URL that begins with https:// or http://")
    return url


def _is_mail_address(address: str) -> str:
    local, at, domain = address.rpartition("@")
    odd = not address.isascii() or any(c.isspace() or c in "<>," for c in address)
    if odd or not (local and at and domain):
        raise ValueError("expected an e-mail address such as data@example.com")
    return address


SecretUrl = Annotated[SecretStr, AfterValidator(_is_http_url)]
MailAddress = Annotated[str, AfterValidator(_is_mail_address)]


class _Channel(BaseModel):
    # Found values are kept out of validation errors: most of them are secrets.
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )


class SlackConfig(_Channel):
    """Slack, or anything that takes Slack's incoming webhooks.

    Attributes:
        webhook_url: The incoming webhook; a secret.
    """

    webhook_url: SecretUrl


class EmailConfig(_Channel):
    """E-mail by SMTP.

    Attributes:
        host: The mail server.
        port: Its port; 587 for STARTTLS is usual, 465 for TLS from the start.
        user: Name to log in with, if the server wants a login.
        password: Its password.
        sender: Address that the mail comes from (``from`` in YAML).
        to: One address or several.
        starttls: Encrypt the connection; only turn it off for a server on this machine or in a
            closed network. Port 465 is encrypted from the start whatever stands here.
    """

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    user: str | None = None
    password: SecretStr | None = None
    sender: MailAddress = Field(alias="from")
    to: Annotated[
        tuple[MailAddress, ...],
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
        Field(min_length=1),
    ]
    starttls: bool = True

    @model_validator(mode="after")
    def _login_is_whole_and_not_in_clear(self) -> EmailConfig:
        if (self.user is None) != (self.password is None):
            raise ValueError("give both `user` and `password`, or neither")
        encrypted = self.starttls or self.port == 465
        if self.user is not None and not encrypted and not _is_this_machine(self.host):
            raise ValueError("`starttls: false` would send the password in clear; turn it on")
        return self


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class WebhookConfig(_Channel):
    """A JSON POST to any URL.

    Attributes:
        url: Where to; a secret.
        header: A header to send, as ``Name: value``, e.g. ``Authorization: Bearer ${TOKEN}``.
        secret: Signs the body: the header ``X-Kesher-Signature`` is then ``sha256=`` and the
            HMAC-SHA256 of the body in hexadecimal digits.
    """

    url: SecretUrl
    header: SecretStr | None = None
    secret: SecretStr | None = None

    @model_validator(mode="after")
    def _header_is_a_header(self) -> WebhookConfig:
        if self.header is not None:
            name, colon, value = self.header.get_secret_value().partition(":")
            text = name + value
            if not (colon and name.strip() and value.strip() and text.isprintable()):
                raise ValueError("expected `header` as `Name: value` on one line")
            if not text.isascii():
                raise ValueError("`header` may hold ASCII characters only")
        return self


class AlertsConfig(_Channel):
    """All channels; none configured means that nobody is told.

    Attributes:
        slack: Slack channel.
        email: E-mail channel.
        webhook: Webhook channel.
        timeout_seconds: How long a server may take before a delivery counts as failed.
    """

    slack: SlackConfig | None = None
    email: EmailConfig | None = None
    webhook: WebhookConfig | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
