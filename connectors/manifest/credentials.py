"""What a manifest's authenticators make of the settings and send: as secret as these."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from airbyte_cdk.sources.declarative.interpolation.interpolated_string import InterpolatedString

from connectors.declarative import components


def sent_credentials(manifest: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """The texts in which a manifest sends credentials, such as a Basic header's content.

    Args:
        manifest: Its references are resolved and its components bear their types.
        config: The source's settings.
    """
    found = set()
    for part in components(manifest, "BasicHttpAuthenticator"):
        user, password = (_evaluated(part, key, config) for key in ("username", "password"))
        found.add(b64encode(f"{user}:{password}".encode()).decode())
    for kind in ("ApiKeyAuthenticator", "BearerAuthenticator"):
        # Some manifests encode a user and a password into what they call a token.
        found |= {_evaluated(part, "api_token", config) for part in components(manifest, kind)}
    return sorted(found - {""})


def _evaluated(part: Mapping[str, Any], key: str, config: Mapping[str, Any]) -> str:
    """A text of a component, as far as the settings alone tell it."""
    written = part.get(key)
    if not isinstance(written, str):
        return ""
    parameters = part.get("$parameters") or {}
    try:
        value = InterpolatedString.create(written, parameters=parameters).eval(config)
    except Exception:
        # Whatever it is that a manifest gets wrong here, airbyte-cdk tells when it is made.
        return ""
    return "" if value is None else str(value).removeprefix("Basic ").removeprefix("Bearer ")
