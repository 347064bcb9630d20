"""Voxel doses, layers, order, timeline."""

from .document import Envelope, Figure, Layer, PassNote, Programme, Removal, Step, ToothProgramme
from .package import from_package, to_package
from .profile import Profile, load_profile, profile_names
from .stage import ProgrammeSettings, run

__all__ = [
    "Envelope",
    "Figure",
    "Layer",
    "PassNote",
    "Profile",
    "Programme",
    "ProgrammeSettings",
    "Removal",
    "Step",
    "ToothProgramme",
    "from_package",
    "load_profile",
    "profile_names",
    "run",
    "to_package",
]
