"""The facial axis of the clinical crown: FA point, mid-buccal margin and zenith."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Points
from oral_architect.teeth import fdi as numbers

from .cusps import Found
from .section import buccal_profile, highest, section
from .view import CrownView

Floats = NDArray[np.float64]

_LEVELS = 60
_RIDGE_MM = 1.0  # the axis ends on the surface no farther lingual than this from its occlusal end
_ZENITH_SHARE = 0.3  # of the width to either side of the axis: where the lowest point of the buccal margin is sought
_ZENITH_FIT_MM = 1.2


@dataclass(frozen=True, eq=False)
class Facial:
    """What the facial axis gives, tooth frame, mm."""

    fa_point: Found
    zenith: Found
    crown_height_mm: float | None
    """Clinical crown height: from the mid-buccal margin to the incisal edge or buccal cusp, along the occlusal axis."""
    note: str = ""


def facial_axis(view: CrownView, points: Mapping[tuple[str, str], Floats]) -> Facial:
    """Follow the facial axis of the clinical crown.

    It lies in the mesiodistal middle of the crown's main facial lobe: through the incisal midpoint, the canine's tip
    or the buccal cusp, in molars half-way between the two larger buccal cusps (the groove). The FA point halves its
    length along the surface between margin and occlusal end (Andrews, Am J Orthod 1972;62:296).

    Parameters
    ----------
    view
        The crown.
    points
        Landmarks found on it by kind and name, tooth frame.
    """
    end = occlusal_end(view, points)
    margin = _buccal_margin(view.margin, float(end[0]))
    zenith = _zenith(view, float(end[0]))
    if margin is None:
        lost = Found("fa_point", "fa", None, "the buccal margin is out of sight")
        return Facial(lost, zenith, None, "the buccal margin is out of sight")
    height = float(end[2] - margin[2])
    cut = section(view.mesh, float(end[0]))
    top = highest(cut[cut[:, :, 0].min(axis=1) > end[1] - _RIDGE_MM], within_mm=0.05)
    if height < 1.0 or top is None:
        return Facial(Found("fa_point", "fa", None, "the facial surface is out of sight"), zenith, height)
    levels = np.linspace(margin[2], top[1], _LEVELS)[1:-1]
    reach = buccal_profile(cut, levels)
    seen = np.isfinite(reach) & (reach > end[1] - _RIDGE_MM)
    if seen.sum() < _LEVELS // 2:
        return Facial(Found("fa_point", "fa", None, "the facial surface is out of sight"), zenith, height)
    path = np.concatenate([margin[None, 1:], np.stack([reach[seen], levels[seen]], axis=1), top[None]])
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    half = [float(np.interp(run[-1] / 2, run, path[:, k])) for k in range(2)]
    return Facial(Found("fa_point", "fa", np.array([end[0], *half])), zenith, height)


def occlusal_end(view: CrownView, points: Mapping[tuple[str, str], Floats]) -> Floats:
    """Return the occlusal end of the facial axis, ``(3,) mm``; the highest buccal place where points are missing."""
    position = numbers.position(view.fdi)
    wanted = {1: ("incisal_edge", "midpoint"), 2: ("incisal_edge", "midpoint"), 3: ("cusp_tip", "tip")}.get(
        position, ("cusp_tip", "buccal")
    )
    if wanted in points:
        return points[wanted]
    pair = [points.get(("cusp_tip", name)) for name in ("mesiobuccal", "distobuccal")]
    if pair[0] is not None and pair[1] is not None:
        return np.asarray((pair[0] + pair[1]) / 2)
    vertices = view.mesh.vertices
    low, high = np.quantile(vertices[:, 0], [0.02, 0.98])
    one = next((p for p in pair if p is not None), None)
    if one is not None:
        return np.array([(low + high) / 2, one[1], one[2]])
    middle = np.abs(vertices[:, 0] - (low + high) / 2) < 0.2 * (high - low)
    side = float(np.quantile(vertices[:, 1], [0.02, 0.98]) @ [0.4, 0.6])
    buccal = vertices[middle & (view.is_anterior | (vertices[:, 1] > side))]
    buccal = buccal if len(buccal) else vertices
    top = buccal[buccal[:, 2].argmax()]
    return np.array([(low + high) / 2, top[1], top[2]])


def _buccal_margin(margin: Points, mesial_mm: float) -> Floats | None:
    """Where the margin passes a mesiodistal place on the buccal side, ``(3,) mm``."""
    after = np.roll(margin, -1, axis=0)
    low, high = margin[:, 0] - mesial_mm, after[:, 0] - mesial_mm
    crossing = np.flatnonzero((low < 0) != (high < 0))
    if len(crossing) == 0:
        return None
    share = (low / (low - high))[crossing, None]
    points = margin[crossing] + share * (after[crossing] - margin[crossing])
    best = points[points[:, 1].argmax()]
    return None if best[1] <= margin[:, 1].mean() else np.asarray(best)


def _zenith(view: CrownView, mesial_mm: float) -> Found:
    """The most apical point of the buccal margin, by a parabola through its surroundings."""
    margin = view.margin
    width = float(np.ptp(margin[:, 0]))
    buccal = margin[(margin[:, 1] > margin[:, 1].mean()) & (np.abs(margin[:, 0] - mesial_mm) < _ZENITH_SHARE * width)]
    if len(buccal) < 5:
        return Found("zenith", "zenith", None, "the buccal margin is out of sight")
    low = buccal[buccal[:, 2].argmin()]
    near = buccal[np.abs(buccal[:, 0] - low[0]) < _ZENITH_FIT_MM]
    c = np.polynomial.polynomial.polyfit(near[:, 0] - low[0], near[:, 2], 2)
    at = low[0] if c[2] <= 0.01 else low[0] + float(np.clip(-c[1] / (2 * c[2]), -0.6, 0.6))
    nearest = near[np.abs(near[:, 0] - at).argmin()]
    return Found("zenith", "zenith", np.array([at, nearest[1], nearest[2]]))
