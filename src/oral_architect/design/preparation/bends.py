"""How sharply a cut through a surface bends at each place: convex positive, concave negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHORTER = 0.45
"""Below the line little of the root may show: a second, shorter window outside, as a share of the window inside."""


@dataclass(frozen=True, eq=False)
class Bends:
    """Bends along cuts that run from inside (occlusal) to outside.

    Parameters
    ----------
    turn
        ``(n, m) rad``: change of direction between the window before and the window after each sample, positive where
        the surface is convex; NaN where a window leaves the cut.
    rise
        ``(n, m)``: slope of the window before each sample: gain of height per millimetre, outward.
    """

    turn: Floats
    rise: Floats


def bends(out: Floats, height: Floats, step_mm: float, window_mm: float) -> Bends:
    """Measure bends of plane cuts.

    The direction on either side is that of the least-squares line through the samples of the window.

    Parameters
    ----------
    out, height
        ``(n, m) mm``: coordinates in the plane of each cut, outward and occlusal, at even steps; NaN beyond the ends.
    step_mm, window_mm
        Distance of the samples; length of the windows.
    """
    inner = max(3, round(window_mm / step_mm))
    turn = np.full(out.shape, np.nan)
    rise = np.full(out.shape, np.nan)
    before = directions(out, height, inner)
    for share in (1.0, _SHORTER):
        outer = max(3, round(share * window_mm / step_mm))
        after = directions(out, height, outer)
        at = np.arange(inner, out.shape[1] - outer)
        first, second = before[:, at - inner], after[:, at + 1]
        across = first[..., 1] * second[..., 0] - first[..., 0] * second[..., 1]
        angle = np.arctan2(across, (first * second).sum(axis=2))
        # the short window is noisier, so it has to be clearly sharper to be heard
        turn[:, at] = np.fmax(turn[:, at], angle if share == 1.0 else 0.85 * angle)
        rise[:, at] = first[..., 1]
    return Bends(turn, rise)


def directions(out: Floats, height: Floats, count: int) -> Floats:
    """Unit direction of the samples ``i … i + count - 1``, ``(n, m - count + 1, 2)``."""
    weight = np.arange(count) - (count - 1) / 2
    slopes = np.stack([sliding_window_view(x, count, axis=1) @ weight for x in (out, height)], axis=2)
    return np.asarray(slopes / np.maximum(np.linalg.norm(slopes, axis=2, keepdims=True), 1e-12))
