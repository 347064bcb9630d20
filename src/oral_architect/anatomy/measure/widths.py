"""Mesiodistal and buccolingual widths of a crown."""

from __future__ import annotations

import numpy as np

from oral_architect.teeth.shape_model import crown_model

from .view import CrownView

_EDGE_QUANTILE = 0.002  # what sticks out farther is noise


def widths(view: CrownView) -> tuple[float, float]:
    """Return the greatest extent along the mesial and along the buccal axis, mm.

    The scanned surface and the fitted crown together: the contacts at both ends of the mesiodistal width are out of
    sight of the scanner. Without a model the scanned surface alone.
    """
    low, high = np.quantile(view.mesh.vertices[:, :2], [_EDGE_QUANTILE, 1 - _EDGE_QUANTILE], axis=0)
    if view.fitted is None:
        return float(high[0] - low[0]), float(high[1] - low[1])
    whole = view.fitted[~crown_model(view.fdi).base]
    return max(float(np.ptp(whole[:, 0])), float(high[0] - low[0])), float(high[1] - low[1])
