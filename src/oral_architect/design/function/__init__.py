"""How a new form works: its contacts, its way past the other jaw, its bite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..document import Raised
    from .arrangement import Arranged, Surroundings, arrange, free_form, surroundings_of, touching
    from .judging import summary, worst_first
    from .maps import distance_maps
    from .policies import Applied, PolicyResult, Walls, apply_policy
    from .raising import RaisedMouth, raise_bite
    from .wanted import Balance, ContactMade, ContactsWanted, Interference
    from .ways import Movements, movements

__all__ = [
    "Applied",
    "Arranged",
    "Balance",
    "ContactMade",
    "ContactsWanted",
    "Interference",
    "Movements",
    "PolicyResult",
    "Raised",
    "RaisedMouth",
    "Surroundings",
    "Walls",
    "apply_policy",
    "arrange",
    "distance_maps",
    "free_form",
    "movements",
    "raise_bite",
    "summary",
    "surroundings_of",
    "touching",
    "worst_first",
]

_HOME = {
    "Applied": "policies",
    "PolicyResult": "policies",
    "Walls": "policies",
    "apply_policy": "policies",
    "Raised": "raising",
    "RaisedMouth": "raising",
    "raise_bite": "raising",
    "distance_maps": "maps",
    "summary": "judging",
    "worst_first": "judging",
    "Arranged": "arrangement",
    "Surroundings": "arrangement",
    "arrange": "arrangement",
    "free_form": "arrangement",
    "surroundings_of": "arrangement",
    "touching": "arrangement",
    "Movements": "ways",
    "movements": "ways",
    "Balance": "wanted",
    "ContactMade": "wanted",
    "ContactsWanted": "wanted",
    "Interference": "wanted",
}


def __getattr__(name: str) -> Any:
    """Load what needs heavy libraries only when it is asked for."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
