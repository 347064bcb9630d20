"""A tooth ground for a restoration, read off its scan: finish line, die, insertion axis, undercut, room."""

from .document import Margin, Preparation

__all__ = ["Margin", "Preparation"]
