"""Mesiodistal and buccolingual widths of a crown."""

from __future__ import annotations

import numpy as np

from oral_architect.teeth.shape_model import crown_model

from .view import CrownView

_EDGE_QUANTILE = 0.002  # what sticks out farther is noise


def widths(view: CrownView) -> tuple[float, float]:
    """Return the greatest extent along the mesial and along the buccal axis, mm.

    Mesiodistally that of the fitted crown: the contacts at both ends are out of sight, and there scanners draw webs
    from tooth to tooth that belong to neither. Buccolingually, and without a model, that of the scanned surface.
    """
    low, high = np.quantile(view.mesh.vertices[:, :2], [_EDGE_QUANTILE, 1 - _EDGE_QUANTILE], axis=0)
    if view.fitted is None:
        return float(high[0] - low[0]), float(high[1] - low[1])
    whole = view.fitted[~crown_model(view.fdi).base]
    return float(np.ptp(whole[:, 0])), float(high[1] - low[1])
