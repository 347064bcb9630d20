"""How a smile looks: measured, held against published figures, matched in shade, shown before and after."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assessment import SmileSettings, assess
    from .document import Aesthetics, Norm, Observation, PhotoFit, SmileTooth
    from .photograph import Photograph, PhotoPoints, read_photograph
    from .preview import Preview, write_preview
    from .shade.match import MeasuredShade, ShadeMatch, nearest_shade
    from .shade.table import ShadeTable, demo_shades, read_shades
    from .sheet import smile_sheet

__all__ = [
    "Aesthetics",
    "MeasuredShade",
    "Norm",
    "Observation",
    "PhotoFit",
    "PhotoPoints",
    "Photograph",
    "Preview",
    "ShadeMatch",
    "ShadeTable",
    "SmileSettings",
    "SmileTooth",
    "assess",
    "demo_shades",
    "nearest_shade",
    "read_photograph",
    "read_shades",
    "smile_sheet",
    "write_preview",
]

_HOME = {
    "Aesthetics": "document",
    "MeasuredShade": "shade.match",
    "Norm": "document",
    "Observation": "document",
    "PhotoFit": "document",
    "PhotoPoints": "photograph",
    "Photograph": "photograph",
    "Preview": "preview",
    "ShadeMatch": "shade.match",
    "ShadeTable": "shade.table",
    "SmileSettings": "assessment",
    "SmileTooth": "document",
    "assess": "assessment",
    "demo_shades": "shade.table",
    "nearest_shade": "shade.match",
    "read_photograph": "photograph",
    "read_shades": "shade.table",
    "smile_sheet": "sheet",
    "write_preview": "preview",
}


def __getattr__(name: str) -> Any:
    """Load each part only when it is asked for: start-up time is a promise."""
    if name in _HOME:
        from importlib import import_module

        found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
