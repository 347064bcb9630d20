"""Where new material meets the remaining tooth."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.geometry.surface_points import surface_points
from oral_architect.geometry.voxels import VoxelGrid


def supported_voxels(solid: NDArray[np.bool_], grid: VoxelGrid, tooth: Mesh, gap_mm: float) -> NDArray[np.bool_]:
    """Return the voxels of a body that touch the tooth's surface.

    A voxel touches when its centre is no further from the surface than half its diagonal plus ``gap_mm`` (bond and
    cement spaces are support too).

    Parameters
    ----------
    solid
        ``(nx, ny, nz) bool``.
    tooth
        The remaining tooth's surface, open or closed, in the grid's frame.
    """
    from scipy import ndimage
    from scipy.spatial import cKDTree

    support = np.zeros(solid.shape, dtype=np.bool_)
    rim = solid & ~ndimage.binary_erosion(solid)
    voxels = np.argwhere(rim)
    reach_mm = grid.step_mm * math.sqrt(3) / 2 + gap_mm
    nearby = faces_near(tooth, grid, reach_mm)
    if len(voxels) == 0 or len(nearby.faces) == 0:
        return support
    tree = cKDTree(surface_points(nearby, grid.step_mm / 2)[0])
    distance, _ = tree.query(grid.centres(voxels), distance_upper_bound=reach_mm)
    touching = voxels[np.isfinite(distance)]
    support[touching[:, 0], touching[:, 1], touching[:, 2]] = True
    return support


def faces_near(tooth: Mesh, grid: VoxelGrid, reach_mm: float) -> Mesh:
    """Return the part of a surface whose faces come within reach of the grid's box."""
    low = np.asarray(grid.origin_mm) - reach_mm
    high = np.asarray(grid.origin_mm) + np.asarray(grid.shape) * grid.step_mm + reach_mm
    corners = tooth.vertices[tooth.faces]
    inside = (corners.max(axis=1) >= low).all(axis=1) & (corners.min(axis=1) <= high).all(axis=1)
    return Mesh(tooth.vertices, tooth.faces[inside])
