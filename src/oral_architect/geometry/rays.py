"""Shoot rays at a surface (Embree)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .mesh import Mesh, Points


class Target:
    """A surface prepared for rays.

    Parameters
    ----------
    mesh
        The surface, mm.
    """

    def __init__(self, mesh: Mesh) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self._scene = EmbreeScene()
        self._kept = TriangleMesh(self._scene, mesh.vertices[mesh.faces].astype(np.float32))

    def first_hit(self, origins: Points, directions: Points) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the distance to the first face each ray meets, and that face.

        Parameters
        ----------
        origins, directions
            ``(n, 3) float``; directions of unit length.

        Returns
        -------
        (n,) float mm, (n,) int
            Infinite and -1 where a ray meets nothing.
        """
        found = self._scene.run(origins.astype(np.float32), directions.astype(np.float32), output=1)
        face = np.asarray(found["primID"], dtype=np.int64)
        missed = (face < 0) | (np.asarray(found["geomID"]) < 0)
        distance = np.where(missed, np.inf, np.asarray(found["tfar"], dtype=np.float64))
        return distance, np.where(missed, -1, face)
