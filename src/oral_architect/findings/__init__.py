"""Wear, defects, fractures, missing teeth; what to restore and why."""

from typing import TYPE_CHECKING, Any

from .document import Finding, Findings, Kind, Measure, Surface

if TYPE_CHECKING:
    from .stage import FindingsSettings, run

__all__ = ["Finding", "Findings", "FindingsSettings", "Kind", "Measure", "Surface", "run"]


def __getattr__(name: str) -> Any:
    """Load the stage only when it is asked for: start-up time is a promise."""
    if name in ("FindingsSettings", "run"):
        from . import stage

        return getattr(stage, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
