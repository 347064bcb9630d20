"""Landmarks and measures of teeth, arches and the bite, each with the accuracy it has on phantoms."""

from .survey import survey

__all__ = ["survey"]
