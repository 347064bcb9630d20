"""A tooth and its new material as voxels of one grid, in the tooth's own frame: mesial, buccal, occlusal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.anatomy.document import Tooth
from oral_architect.geometry import Mesh, Transform
from oral_architect.geometry.voxels import VoxelGrid, body_fractions, grid_around, shell_fractions

PAD = 2


@dataclass(frozen=True)
class Block:
    """What is there now and what is to be.

    Parameters
    ----------
    present, new
        ``(nx, ny, nz) float``, 0 to 1: share of each voxel.
    from_patient
        Patient frame to the tooth's frame.
    """

    grid: VoxelGrid
    present: NDArray[np.float64]
    new: NDArray[np.float64]
    from_patient: Transform

    def to_patient(self, voxels: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the middles of voxels in the patient frame, ``(n, 3) float, mm``."""
        inverse = np.linalg.inv(self.from_patient)
        return np.asarray(self.grid.centres(voxels) @ inverse[:3, :3].T + inverse[:3, 3])


def tooth_block(tooth: Tooth, crown: Mesh, body: Mesh, *, voxel_mm: float, where: str) -> Block:
    """Sample a crown and a body; the crown's surface may be open at its neck.

    Raises
    ------
    StageError
        When the body is not closed.
    """
    move = tooth_frame(tooth)
    present, new = crown.transformed(move), body.transformed(move)
    grid = grid_around(np.concatenate([present.vertices, new.vertices]), voxel_mm, PAD)
    return Block(grid, shell_fractions(present, grid), body_fractions(new, grid, samples=2, where=where), move)


def tooth_frame(tooth: Tooth) -> Transform:
    """Return the transform from the patient frame to mesial, buccal, occlusal about the crown centroid, ``(4, 4)``."""
    u, _, v = np.linalg.svd(np.asarray(tooth.axes))
    axes = u @ v  # the nearest orthonormal rows
    move = np.eye(4)
    move[:3, :3] = axes
    move[:3, 3] = -axes @ np.asarray(tooth.centroid_mm)
    return move
