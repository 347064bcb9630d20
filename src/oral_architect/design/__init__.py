"""Restorations and their clinical checks."""

from typing import TYPE_CHECKING, Any

from .document import Check, Design, Restoration, RestorationKind, Verdict

if TYPE_CHECKING:
    from .stage import DesignSettings, run

__all__ = ["Check", "Design", "DesignSettings", "Restoration", "RestorationKind", "Verdict", "run"]


def __getattr__(name: str) -> Any:
    """Load the stage only when it is asked for: start-up time is a promise."""
    if name in ("DesignSettings", "run"):
        from . import stage

        return getattr(stage, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
