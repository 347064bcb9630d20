"""The outline of a tooth as seen from the front."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .frame import SmileFrame
from .seen import Seen

Floats = NDArray[np.float64]
_DIRECTIONS = 96
_SMOOTHING = 1.0  # directions


def outline(tooth: Seen, frame: SmileFrame) -> Floats:
    """Return the outline of the visible crown from the front, ``(96, 2) float, mm``: left, superior.

    The farthest place in every direction from the middle of its extent; a crown is star-shaped from the front.
    """
    mesh = tooth.visible
    flat = frame.front(mesh.vertices)
    # long edges of a coarse mesh would leave directions without a point
    ends = flat[mesh.faces]
    flat = np.concatenate([flat, *((ends[:, i] + ends[:, (i + 1) % 3]) / 2 for i in range(3))])
    middle = (flat.min(axis=0) + flat.max(axis=0)) / 2
    away = flat - middle
    turn = np.arctan2(away[:, 1], away[:, 0])
    reach = np.hypot(away[:, 0], away[:, 1])
    place = np.floor((turn + np.pi) / (2 * np.pi) * _DIRECTIONS).astype(int) % _DIRECTIONS
    radius = np.zeros(_DIRECTIONS)
    np.maximum.at(radius, place, reach)
    known = np.flatnonzero(radius > 0)
    angles = np.arange(_DIRECTIONS)
    radius = np.interp(angles, known, radius[known], period=_DIRECTIONS)
    radius = gaussian_filter1d(radius, _SMOOTHING, mode="wrap")
    at = (angles + 0.5) / _DIRECTIONS * 2 * np.pi - np.pi
    return np.asarray(middle + radius[:, None] * np.stack([np.cos(at), np.sin(at)], axis=1))
