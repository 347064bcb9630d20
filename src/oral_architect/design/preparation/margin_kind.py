"""Tell shoulder, chamfer and feather edge apart by the shape of the ledge inside the finish line."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Points

from .document import Margin
from .fine_search import Strip, strip_along
from .region import Region

Floats = NDArray[np.float64]

_REACH_MM = 2.2
_STEP_MM = 0.05
_FEATHER_DEG = 50.0
"""Over its first half millimetre a feather edge rises more steeply than this; ledges are flatter."""
_FOOT_MM = 0.5
_WALL_DEG = 62.0
"""The ledge ends where the surface gets this steep."""
_HOLLOW = 0.17
"""Height above the ledge's outer edge at three quarters of its width, as a share of the width. A quarter circle, the
ideal chamfer, has 0.34; a shoulder rounded off over its last quarter 0."""
_AGREE = 0.7
"""Share of the line that must be of one kind."""


def kind_of_margin(region: Region, line: Points, sure: Mask) -> tuple[Margin, dict[str, float]]:
    """Name the kind of finish line.

    Parameters
    ----------
    region
        The tooth and its surroundings.
    line
        ``(k, 3) mm``: finish line, counter-clockwise seen from occlusal.
    sure
        ``(k,) bool``: only these places are judged.

    Returns
    -------
    kind, shares
        ``mixed`` when no kind prevails; and the share of each kind.
    """
    strip = strip_along(region, line, _REACH_MM, _STEP_MM)
    kinds = [_kind(out, height) for out, height in _inward(strip) if out is not None]
    judged = [k for k, is_sure in zip(kinds, sure, strict=True) if is_sure and k is not None]
    names: tuple[Literal["shoulder", "chamfer", "feather"], ...] = ("shoulder", "chamfer", "feather")
    shares: dict[str, float] = {name: judged.count(name) / max(len(judged), 1) for name in names}
    best = max(names, key=lambda name: shares[name])
    return (best if shares[best] >= _AGREE else "mixed"), shares


def _inward(strip: Strip) -> list[tuple[Floats, Floats]]:
    """Each cut from the line inward: distance inward and height, mm."""
    inside = slice(strip.middle, None, -1)
    return [(-out[inside], height[inside]) for out, height in zip(strip.out, strip.height, strict=True)]


def _kind(inward: Floats, height: Floats) -> Literal["shoulder", "chamfer", "feather"] | None:
    good = np.isfinite(inward)
    inward, height = inward[good], height[good]
    foot = round(_FOOT_MM / _STEP_MM)
    if len(inward) < foot + 4:
        return None
    climb = np.rad2deg(np.arctan2(height[foot] - height[1], max(inward[foot] - inward[1], 1e-9)))
    if climb > _FEATHER_DEG:
        return "feather"
    slope = np.rad2deg(np.arctan2(height[4:] - height[:-4], np.maximum(inward[4:] - inward[:-4], 1e-9)))
    steep = np.flatnonzero(slope > _WALL_DEG)
    end = int(steep[0]) + 2 if len(steep) else len(inward) - 1
    width = float(inward[end])
    if width < 0.15:
        return None
    at = int(np.searchsorted(inward[: end + 1], 0.75 * width))
    return "chamfer" if height[min(at, end)] - height[0] > _HOLLOW * width else "shoulder"
