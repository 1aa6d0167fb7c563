"""The sandbox's credentials. They open nothing but the sandbox and are no secrets."""

from __future__ import annotations

STRIPE_KEY = "sk_test_kesher_sandbox"
ZENDESK_EMAIL = "sandbox@kesher.example"
ZENDESK_TOKEN = "kesher-sandbox-token"  # noqa: S105
MAILCHIMP_KEY = "kesher-sandbox-us1"
HUBSPOT_TOKEN = "pat-kesher-sandbox"  # noqa: S105


def source_configs(base_url: str) -> dict[str, dict[str, str]]:
    """Return the `sources` of a kesher.yml that reads the sandbox served at `base_url`."""
    base_url = base_url.rstrip("/")
    return {
        "stripe": {
            "type": "stripe",
            "client_secret": STRIPE_KEY,
            "base_url": f"{base_url}/stripe",
        },
        "zendesk": {
            "type": "zendesk",
            "subdomain": "sandbox",
            "email": ZENDESK_EMAIL,
            "api_token": ZENDESK_TOKEN,
            "base_url": f"{base_url}/zendesk",
        },
        "mailchimp": {
            "type": "mailchimp",
            "api_key": MAILCHIMP_KEY,
            "base_url": f"{base_url}/mailchimp",
        },
        "hubspot": {
            "type": "hubspot",
            "access_token": HUBSPOT_TOKEN,
            "base_url": f"{base_url}/hubspot",
        },
    }
