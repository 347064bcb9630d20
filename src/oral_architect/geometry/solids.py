"""Closed meshes as solids that can be added and cut, and back, with every face's origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .mesh import Mesh

if TYPE_CHECKING:
    import manifold3d

Ints = NDArray[np.int64]


def solid_of(mesh: Mesh, identity: int = 0) -> manifold3d.Manifold:
    """Return a mesh as a solid whose faces remember ``identity`` and their own number.

    A mesh that is not closed gives a solid whose ``status()`` says so; nothing is raised.
    """
    import manifold3d

    count = len(mesh.faces)
    return manifold3d.Manifold(
        manifold3d.Mesh64(
            np.ascontiguousarray(mesh.vertices),
            np.ascontiguousarray(mesh.faces, dtype=np.uint64),
            run_index=np.array([0, 3 * count], dtype=np.uint64),
            run_original_id=np.array([identity], dtype=np.uint32),
            face_id=np.arange(count, dtype=np.uint64),
        )
    )


def mesh_of(solid: manifold3d.Manifold) -> tuple[Mesh, Ints, Ints]:
    """Return mesh of a solid; per face the identity of the mesh it comes from, and the number of the face there."""
    data = solid.to_mesh64()
    index = np.arange(len(data.vert_properties))
    source, target = np.asarray(data.merge_from_vert), np.asarray(data.merge_to_vert)
    if len(source):
        index[source.astype(np.int64)] = target.astype(np.int64)
    faces = index[np.asarray(data.tri_verts).astype(np.int64)]
    runs = np.asarray(data.run_index).astype(np.int64) // 3
    owner = np.repeat(np.asarray(data.run_original_id).astype(np.int64), np.diff(runs))
    used, packed = np.unique(faces, return_inverse=True)
    mesh = Mesh(np.asarray(data.vert_properties)[used, :3], packed.reshape(-1, 3).astype(np.int32))
    return mesh, owner, np.asarray(data.face_id).astype(np.int64)
