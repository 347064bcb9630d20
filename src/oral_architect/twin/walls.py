"""How much of a curved wall each voxel face stands for: a stair of faces exchanges no more heat than the wall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMOOTHING_VOXELS = 1.5
"""Width over which the wall's direction is taken: wider than a stair's step, narrower than a cusp."""

FLAT = 1e-9
"""Slope of the smoothed body below which it has no direction."""


def face_shares(inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of each voxel face that is wall, for faces in the order x-, x+, y-, y+, z-, z+.

    A wall with unit normal n shows ``|n_i|`` of faces along axis i for each unit of its own area. Weighting each
    face by ``|n_i|`` gives back ``sum n_i^2 = 1``; unweighted, a slanted wall would count up to sqrt 3 times.

    Parameters
    ----------
    inside
        ``(nx, ny, nz) bool``: the body.

    Returns
    -------
    (6, nx, ny, nz) float
        0 to 1; 1 where the wall's direction is not known, as deep inside.
    """
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(inside.astype(np.float64), SMOOTHING_VOXELS, mode="nearest")
    slope = np.stack([np.gradient(smooth, axis=axis) for axis in range(3)])
    shares = np.ones((6, *inside.shape))
    for face in range(6):
        axis = face // 2
        # the wall runs between the two voxels of a face; taken at the inner one it would seem flatter than it is
        there = slope + np.roll(slope, 1 if face % 2 == 0 else -1, axis=axis + 1)
        length = np.sqrt((there**2).sum(axis=0))
        np.divide(np.abs(there[axis]), length, out=shares[face], where=length > FLAT)
    return shares
