"""Closed bodies of restorations: outer form and intaglio sewn together at the finish line."""

from typing import TYPE_CHECKING, Any

from .document import Body, CementSettings

if TYPE_CHECKING:
    from .additive import additive_body
    from .bridge import Connector, bridge_body, connector_between
    from .crossing import crossings
    from .crown import Seat, crown_body
    from .partial import inlay_body, onlay_body, overlay_body, tabletop_body, veneer_body, worn_preparation
    from .seating import Fit, fit_of
    from .thicken import thicken_outward, wall_mm

__all__ = [
    "Body",
    "CementSettings",
    "Connector",
    "Fit",
    "Seat",
    "additive_body",
    "bridge_body",
    "connector_between",
    "crossings",
    "crown_body",
    "fit_of",
    "inlay_body",
    "onlay_body",
    "overlay_body",
    "tabletop_body",
    "thicken_outward",
    "veneer_body",
    "wall_mm",
    "worn_preparation",
]

_HOME = {
    "Connector": "bridge",
    "bridge_body": "bridge",
    "connector_between": "bridge",
    "additive_body": "additive",
    "crossings": "crossing",
    "Seat": "crown",
    "crown_body": "crown",
    "inlay_body": "partial",
    "onlay_body": "partial",
    "overlay_body": "partial",
    "tabletop_body": "partial",
    "veneer_body": "partial",
    "worn_preparation": "partial",
    "Fit": "seating",
    "fit_of": "seating",
    "thicken_outward": "thicken",
    "wall_mm": "thicken",
}


def __getattr__(name: str) -> Any:
    """Load the makers only when they are asked for: start-up time is a promise."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
