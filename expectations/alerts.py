"""Tells once what starts to fail and once what recovers.

For each channel a state file remembers which failures it was told. A delivery that fails leaves
that memory as it is, so that the next run tries again.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from expectations.alert_config import AlertsConfig, EmailConfig, SlackConfig, WebhookConfig
from expectations.alert_delivery import (
    DeliveryError,
    send_by_email,
    send_to_slack,
    send_to_webhook,
)
from expectations.alert_message import Alert
from expectations.report import CheckReport, CheckResult

__all__ = [
    "AlertsConfig",
    "Delivery",
    "EmailConfig",
    "SlackConfig",
    "WebhookConfig",
    "notify",
]

_RANK = {"warning": 1, "critical": 2}

# What a channel was told to fail: check id → severity.
_Told = dict[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message.

    Attributes:
        channel: ``slack``, ``email`` or ``webhook``; ``state`` where only the memory of what was
            told could not be kept.
        delivered: Whether the server took it.
        started: Checks told as starting to fail.
        recovered: Checks told as recovered.
        message: One line for the log, without any secret.
    """

    channel: Literal["slack", "email", "webhook", "state"]
    delivered: bool
    started: int
    recovered: int
    message: str


def notify(report: CheckReport, state_path: Path, config: AlertsConfig) -> list[Delivery]:
    """Tell every configured channel what it does not know yet.

    A check that goes on failing, with whatever counts, is told again only if its severity rises. A
    check that was not run (its table is missing, say) counts neither as failing nor as recovered.

    Args:
        report: What the checks found.
        state_path: Keeps what each channel was told (JSON, replaced atomically).
        config: The channels.

    Returns:
        One delivery for each channel that there was something to tell; empty if there was nothing.
        A delivery that failed is no error: it is tried again at the next call.
    """
    told = _read_state(state_path)
    deliveries: list[Delivery] = []
    for channel, send in _senders(config).items():
        before = told.get(channel, {})
        alert = _alert(report, before)
        after = _told_after(report, before)
        if alert.started or alert.recovered:
            delivery = _deliver(channel, send, alert)
            deliveries.append(delivery)
            if not delivery.delivered:
                continue
        if after != before:
            # At once, and not when all channels are through: a crash must not tell twice.
            told[channel] = after
            deliveries += _write_state(state_path, told)
    return deliveries


_Channel = Literal["slack", "email", "webhook"]


def _senders(config: AlertsConfig) -> dict[_Channel, Callable[[Alert], None]]:
    timeout = config.timeout_seconds
    senders: dict[_Channel, Callable[[Alert], None]] = {}
    if config.slack is not None:
        senders["slack"] = partial(send_to_slack, config=config.slack, timeout=timeout)
    if config.email is not None:
        senders["email"] = partial(send_by_email, config=config.email, timeout=timeout)
    if config.webhook is not None:
        senders["webhook"] = partial(send_to_webhook, config=config.webhook, timeout=timeout)
    return senders


def _alert(report: CheckReport, told: _Told) -> Alert:
    failures = report.failures
    started = tuple(result for result in failures if _is_news(result, told))
    recovered = tuple(
        result for result in report.results if result.success and result.check_id in told
    )
    return Alert(
        started=started,
        recovered=recovered,
        still_failing=len(failures) - len(started),
        blocks=report.blocks,
        checked_at=report.checked_at,
    )


def _is_news(result: CheckResult, told: _Told) -> bool:
    return _RANK[result.severity] > _RANK.get(told.get(result.check_id, ""), 0)


def _told_after(report: CheckReport, before: _Told) -> _Told:
    run = {result.check_id for result in report.results}
    not_run = {check_id: severity for check_id, severity in before.items() if check_id not in run}
    return not_run | {result.check_id: result.severity for result in report.failures}


def _deliver(channel: _Channel, send: Callable[[Alert], None], alert: Alert) -> Delivery:
    delivered, outcome = True, "told"
    try:
        send(alert)
    except DeliveryError as error:
        delivered, outcome = False, f"not told, tried again next time: {error}"
    started, recovered = len(alert.started), len(alert.recovered)
    return Delivery(
        channel=channel,
        delivered=delivered,
        started=started,
        recovered=recovered,
        message=f"{channel}: {started} failing, {recovered} recovered, {outcome}",
    )


def _read_state(path: Path) -> dict[str, _Told]:
    # A missing or broken file counts as nothing told: to tell twice does less harm than not at all.
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    channels = content.get("told") if isinstance(content, dict) else None
    if not isinstance(channels, dict):
        return {}
    return {
        channel: {check: severity for check, severity in told.items() if severity in _RANK}
        for channel, told in channels.items()
        if isinstance(told, dict)
    }


def _write_state(path: Path, told: Mapping[str, _Told]) -> list[Delivery]:
    content = json.dumps({"version": 1, "told": told}, indent=2, sort_keys=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"state: {path} cannot be written ({reason}); the same may be told again"
        return [Delivery("state", delivered=False, started=0, recovered=0, message=message)]
    return []
