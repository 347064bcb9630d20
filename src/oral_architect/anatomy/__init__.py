"""Pose, jaw, teeth, FDI numbers, gingiva, axes, bite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .document import Arch, Bite, Contact, Landmark, Landscape, Measure, Tooth

if TYPE_CHECKING:
    from .reading.labels import LabelSettings, NumberedScan
    from .stage import AnatomySettings, label, run

__all__ = [
    "AnatomySettings",
    "Arch",
    "Bite",
    "Contact",
    "LabelSettings",
    "Landmark",
    "Landscape",
    "Measure",
    "NumberedScan",
    "Tooth",
    "label",
    "run",
]

_LATER = {
    "AnatomySettings": "stage",
    "label": "stage",
    "run": "stage",
    "LabelSettings": "reading.labels",
    "NumberedScan": "reading.labels",
}


def __getattr__(name: str) -> Any:
    """Load what needs heavy libraries only when it is asked for."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(name)
