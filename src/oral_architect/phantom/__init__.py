"""Synthetic patients with ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .damage import Damage, DamagedCrown
    from .patient import Harm, Patient, PatientTooth, PhantomSettings, run
    from .preparation import PreparedCrown, prepare
    from .scanner import ScannedArch, ScannerSettings, scan

__all__ = [
    "Damage",
    "DamagedCrown",
    "Harm",
    "Patient",
    "PatientTooth",
    "PhantomSettings",
    "PreparedCrown",
    "ScannedArch",
    "ScannerSettings",
    "prepare",
    "run",
    "scan",
]

_HOME = {
    "Damage": "damage",
    "DamagedCrown": "damage",
    "PreparedCrown": "preparation",
    "prepare": "preparation",
    "ScannedArch": "scanner",
    "ScannerSettings": "scanner",
    "scan": "scanner",
    "Harm": "patient",
    "Patient": "patient",
    "PatientTooth": "patient",
    "PhantomSettings": "patient",
    "run": "patient",
}


def __getattr__(name: str) -> Any:
    """Load what needs heavy libraries only when it is asked for."""
    if name in _HOME:
        from importlib import import_module

        found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(name)
