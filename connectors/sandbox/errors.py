"""The one error type a user of the sandbox meets."""

from __future__ import annotations


class SandboxError(Exception):
    """Something the user can put right; the message says what, where, and what to do."""
