"""The sandbox: Stripe, Zendesk, Mailchimp and HubSpot over one synthetic population, on loopback.

Everything here is imported on first use, so that naming the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SandboxError

if TYPE_CHECKING:
    from .accounts import source_configs
    from .advance import advance
    from .fault_plan import Fault, FaultPlan, load_plan
    from .generate import create
    from .people_table import write_people
    from .process import running
    from .server import serve
    from .truth import counts, invoice_totals, mess, write_truth

_PLACES = {
    "Fault": "fault_plan",
    "FaultPlan": "fault_plan",
    "advance": "advance",
    "counts": "truth",
    "create": "generate",
    "invoice_totals": "truth",
    "load_plan": "fault_plan",
    "mess": "truth",
    "running": "process",
    "serve": "server",
    "source_configs": "accounts",
    "write_people": "people_table",
    "write_truth": "truth",
}
__all__ = [
    "Fault",
    "FaultPlan",
    "SandboxError",
    "advance",
    "counts",
    "create",
    "exists",
    "invoice_totals",
    "load_plan",
    "mess",
    "running",
    "serve",
    "source_configs",
    "write_people",
    "write_truth",
]


def exists(directory: Path) -> bool:
    """Return whether a directory holds a sandbox."""
    return (directory / "sandbox.sqlite").is_file()


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        value = getattr(import_module(f".{_PLACES[name]}", __name__), name)
        globals()[name] = value  # a submodule may have taken the name (advance.advance)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
