"""Warnings that `kesher sync` shows to whoever runs it, beside the log."""

from __future__ import annotations

from typing import Final

FOR_USER: Final = {"for_user": True}
"""The `extra` of such a warning: what was not read, or why the sync takes longer than others."""
