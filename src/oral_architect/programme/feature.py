"""The smallest thing a profile can make: its mask or its blur, whichever is coarser."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .profile import Profile

UM2_PER_MM2 = 1e6


def minimum_feature_mm(profile: Profile, gate_s: float) -> float:
    """Return the smallest feature: the larger of the gate's mask and the carriers' blur ``sqrt(2 D t)``.

    Parameters
    ----------
    profile
        Gives ``mask_mm`` and ``carrier_diffusion_um2_per_s``.
    gate_s
        How long the gate of one layer stays open.
    """
    blur_mm = math.sqrt(2 * profile.value("carrier_diffusion_um2_per_s") / UM2_PER_MM2 * gate_s)
    return max(profile.value("mask_mm"), blur_mm)


def share_too_thin(fractions: NDArray[np.float64], voxel_mm: float, feature_mm: float) -> float:
    """Return the share of a body's volume that lies in parts thinner than a feature.

    A ball of the feature's diameter is rolled through the body (opening by distance transform); what it cannot reach
    is too thin. Voxels count as inside from half filled on, so the answer is good to about a voxel.
    """
    from scipy import ndimage

    inside = np.pad(fractions >= 0.5, 1)
    if not inside.any():
        return 1.0 if fractions.any() else 0.0
    radius = feature_mm / 2 / voxel_mm
    depth = ndimage.distance_transform_edt(inside)
    # a voxel centre is half a voxel deeper than its face, on either side of the body
    core = depth >= radius + 0.5
    if not core.any():
        return 1.0
    reached = ndimage.distance_transform_edt(~core) <= radius + 0.5
    whole = np.pad(fractions, 1)
    return float(whole[inside & ~reached].sum() / whole.sum())
