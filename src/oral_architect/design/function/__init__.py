"""How a new form works: its contacts, its way past the other jaw, its bite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arrangement import Arranged, Surroundings, arrange, free_form, surroundings_of, touching
    from .wanted import Balance, ContactMade, ContactsWanted, Interference
    from .ways import Movements, movements

__all__ = [
    "Arranged",
    "Balance",
    "ContactMade",
    "ContactsWanted",
    "Interference",
    "Movements",
    "Surroundings",
    "arrange",
    "free_form",
    "movements",
    "surroundings_of",
    "touching",
]

_HOME = {
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
