"""Whether a second edge runs beside the finish line."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from oral_architect.geometry import Points

from .bends import bends
from .fine_search import STEP_MM, strip_along
from .region import Region
from .settings import PreparationSettings

_REACH_MM = 1.0
_EQUAL = 0.7
"""Two edges are equally sharp when neither is less sharp than this share of the other."""


def second_ridge_share(region: Region, line: Points, settings: PreparationSettings) -> float:
    """Share of the line beside which, within a millimetre on the tooth, an equally sharp convex edge runs.

    Parameters
    ----------
    region
        The tooth and its surroundings.
    line
        ``(k, 3) mm``: the finish line.
    settings
        How far apart two edges are, and the scale of a bend.
    """
    strip = strip_along(region, line, _REACH_MM + settings.window_mm)
    # a shorter window keeps two edges apart
    window = min(settings.window_mm, 0.6 * settings.double_gap_mm)
    bend = bends(strip.out, strip.height, STEP_MM, window)
    turn = np.where(np.isfinite(bend.turn), bend.turn, 0.0)
    faces = strip.faces
    own = region.in_crown[np.maximum(faces, 0)] & (faces >= 0)
    turn = np.where(own, turn, 0.0)
    gap = round(settings.double_gap_mm / STEP_MM)
    first = turn[:, strip.middle - gap // 2 : strip.middle + gap // 2 + 1].max(axis=1)
    crest = maximum_filter1d(turn, gap, axis=1)
    peak = np.where(turn >= crest, turn, 0.0)
    reach = round(_REACH_MM / STEP_MM)
    beside = np.concatenate(
        [peak[:, strip.middle - reach : strip.middle - gap], peak[:, strip.middle + gap : strip.middle + reach + 1]],
        axis=1,
    ).max(axis=1)
    least = np.deg2rad(3 * settings.least_turn_deg)
    # beside a weak edge a strong one is the wall's: a feather edge below a rounded ledge
    equal = (beside > _EQUAL * first) & (first > _EQUAL * beside)
    return float((equal & (beside > least)).mean())
