"""From where, and in which order, material reaches the voxels of a layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.geometry.surface_points import surface_points
from oral_architect.geometry.voxels import VoxelGrid
from oral_architect.programme import ToothProgramme
from oral_architect.programme.support import faces_near

from .deposition import Approach

SEARCH_MM = 12.0
"""How far around the new material the tooth is looked at: a tooth's width."""


def approach_from_tooth(voxels: NDArray[np.int16], plan: ToothProgramme, tooth: Mesh) -> Approach:
    """Return direction and order for a programme's voxels: away from the tooth's nearest surface, nearest first.

    Close to the surface the direction is its normal; further out it is the way from its nearest point.

    Parameters
    ----------
    voxels
        ``(n, 3) int``, as in the programme.
    tooth
        The remaining tooth, patient frame.
    """
    from scipy.spatial import cKDTree

    shape = voxels.max(axis=0).astype(np.int64) + 1
    grid = VoxelGrid(plan.origin_mm, plan.voxel_mm, (int(shape[0]), int(shape[1]), int(shape[2])))
    points, normals = surface_points(faces_near(tooth, grid, SEARCH_MM), plan.voxel_mm)
    centres = grid.centres(voxels)
    distance, nearest = cKDTree(points).query(centres)
    away = centres - points[nearest] + plan.voxel_mm * normals[nearest]
    length = np.linalg.norm(away, axis=1, keepdims=True)
    axis = np.asarray(plan.build_axis) / np.linalg.norm(plan.build_axis)
    outward = np.where(length > 1e-6, away / np.maximum(length, 1e-6), axis)
    return Approach(outward, np.floor(distance / plan.voxel_mm).astype(np.int64))
