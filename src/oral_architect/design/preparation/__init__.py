"""A tooth ground for a restoration, read off its scan: finish line, die, insertion axis, undercut, room."""

from .document import Margin, Preparation
from .find import find_preparation, prepared_tooth
from .insertion import Insertion, insertion_axis
from .measures import DieMeasures, measure
from .room import Room, clearance, room_needed, room_under
from .settings import PreparationSettings
from .undercut import undercut_mm

__all__ = [
    "DieMeasures",
    "Insertion",
    "Margin",
    "Preparation",
    "PreparationSettings",
    "Room",
    "clearance",
    "find_preparation",
    "insertion_axis",
    "measure",
    "prepared_tooth",
    "room_needed",
    "room_under",
    "undercut_mm",
]
