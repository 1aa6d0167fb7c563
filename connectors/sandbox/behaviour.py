"""Kinds of customers, and the rates by which they buy, complain, read and talk to sales."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one kind of customer behaves. Rates are per 30 days unless they say otherwise."""

    share: float
    pays: float  # chance to be in billing at all
    subscribes: float  # chance, if paying, to hold a subscription rather than to buy singly
    yearly: float  # chance that a subscription is paid once a year
    purchases: float  # single purchases
    trend: float  # factor on the purchase rate from first to last day
    fails: float  # chance that a payment fails at first
    refunds: float  # chance that a payment is refunded
    tickets: float
    unhappy: float  # chance that a rating is bad
    opens: float  # chance to open a campaign
    unsubscribes: float  # chance to leave the list, each campaign
    talks: float  # engagements with sales
    stay_days: int  # mean days until they leave; 0: they stay


BEHAVIOURS = {
    "loyal": Behaviour(
        0.22, 0.85, 0.75, 0.3, 0.35, 1.0, 0.02, 0.005, 0.08, 0.08, 0.42, 0.001, 0.12, 0
    ),
    "growing": Behaviour(
        0.12, 0.85, 0.6, 0.25, 0.45, 2.5, 0.02, 0.01, 0.10, 0.10, 0.5, 0.001, 0.25, 0
    ),
    "fading": Behaviour(
        0.13, 0.80, 0.25, 0.2, 0.5, 0.15, 0.04, 0.02, 0.08, 0.25, 0.25, 0.006, 0.10, 0
    ),
    "churned": Behaviour(
        0.17, 0.80, 0.7, 0.15, 0.4, 0.6, 0.08, 0.03, 0.14, 0.45, 0.2, 0.012, 0.10, 240
    ),
    "bargain": Behaviour(
        0.10, 0.75, 0.1, 0.0, 0.35, 1.0, 0.05, 0.08, 0.10, 0.30, 0.55, 0.004, 0.05, 0
    ),
    "problem": Behaviour(
        0.08, 0.80, 0.55, 0.1, 0.4, 0.8, 0.22, 0.10, 0.5, 0.65, 0.15, 0.015, 0.25, 420
    ),
    "lead": Behaviour(0.18, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.02, 0.2, 0.22, 0.008, 0.30, 0),
}
_NAMES = tuple(BEHAVIOURS)
_CUMULATIVE = list(accumulate(behaviour.share for behaviour in BEHAVIOURS.values()))


def draw_behaviour(rng: Random) -> str:
    """Draw the name of a kind of customer, by their shares."""
    return _NAMES[bisect(_CUMULATIVE, rng.random() * _CUMULATIVE[-1])]
