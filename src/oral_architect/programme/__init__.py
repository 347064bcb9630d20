"""Voxel doses, layers, order, timeline."""

from .document import Figure, Layer, Programme, Step, ToothProgramme
from .profile import Profile, load_profile, profile_names
from .stage import ProgrammeSettings, run

__all__ = [
    "Figure",
    "Layer",
    "Profile",
    "Programme",
    "ProgrammeSettings",
    "Step",
    "ToothProgramme",
    "load_profile",
    "profile_names",
    "run",
]
