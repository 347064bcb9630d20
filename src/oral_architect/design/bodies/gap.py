"""How wide the cement gap is at a distance from the finish line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .document import CementSettings

Floats = NDArray[np.float64]

EDGE_MM = 0.12
"""From nothing at the finish line the gap opens to that of the margin band over this width."""


def gap_mm(from_line_mm: Floats, cement: CementSettings) -> Floats:
    """Return the designed gap ``(n,) mm`` at distances ``(n,) mm`` from the finish line; negative ones lie outside."""
    edge = smooth_step(from_line_mm, 0.0, EDGE_MM)
    rise = smooth_step(from_line_mm, cement.gap_starts_mm, max(cement.gap_full_mm, cement.gap_starts_mm + EDGE_MM))
    band, full = cement.margin_gap_um / 1000, cement.gap_um / 1000
    return np.asarray(edge * (band + (full - band) * rise))


def smooth_step(x: Floats, start: float, end: float) -> Floats:
    """0 up to ``start``, 1 from ``end``, with level ends."""
    t = np.clip((x - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
