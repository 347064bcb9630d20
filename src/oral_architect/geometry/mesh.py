"""A triangle surface in millimetres, the one shape every room passes to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import trimesh

Points = NDArray[np.float64]
"""``(n, 3) float, mm``."""
Faces = NDArray[np.int32]
"""``(m, 3) int``, counter-clockwise seen from outside."""
Mask = NDArray[np.bool_]
Transform = NDArray[np.float64]
"""``(4, 4) float``, homogeneous, column vectors: ``x' = T @ x``."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """A triangle mesh.

    Parameters
    ----------
    vertices
        ``(n, 3) float, mm``.
    faces
        ``(m, 3) int``, indices into ``vertices``.
    """

    vertices: Points
    faces: Faces

    def __post_init__(self) -> None:
        object.__setattr__(self, "vertices", np.ascontiguousarray(self.vertices, dtype=np.float64).reshape(-1, 3))
        object.__setattr__(self, "faces", np.ascontiguousarray(self.faces, dtype=np.int32).reshape(-1, 3))

    @cached_property
    def face_crosses(self) -> NDArray[np.float64]:
        """``(m, 3) float, mm²``: edge cross products, twice the area along the outward normal."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        return np.cross(b - a, c - a)

    @cached_property
    def face_areas(self) -> NDArray[np.float64]:
        """``(m,) float, mm²``."""
        return np.asarray(np.linalg.norm(self.face_crosses, axis=1) / 2)

    @cached_property
    def face_normals(self) -> NDArray[np.float64]:
        """``(m, 3) float``: unit normals; zero for degenerate faces."""
        length = np.linalg.norm(self.face_crosses, axis=1, keepdims=True)
        normals = np.zeros_like(self.face_crosses)
        np.divide(self.face_crosses, length, out=normals, where=length > 0)
        return normals

    @cached_property
    def vertex_normals(self) -> NDArray[np.float64]:
        """``(n, 3) float``: area-weighted unit normals; zero for unused vertices."""
        total = np.zeros_like(self.vertices)
        for corner in range(3):
            for axis in range(3):
                total[:, axis] += np.bincount(
                    self.faces[:, corner], weights=self.face_crosses[:, axis], minlength=len(self.vertices)
                )
        length = np.linalg.norm(total, axis=1, keepdims=True)
        normals = np.zeros_like(total)
        np.divide(total, length, out=normals, where=length > 0)
        return normals

    @property
    def area_mm2(self) -> float:
        """Surface area."""
        return float(self.face_areas.sum())

    @cached_property
    def edge_table(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Undirected edges ``(e, 2) int`` and how many faces use each, ``(e,) int``."""
        keys = self._edge_keys
        unique, counts = np.unique(keys, return_counts=True)
        size = len(self.vertices)
        return np.stack([unique // size, unique % size], axis=1), counts

    @cached_property
    def open_edges(self) -> NDArray[np.int64]:
        """``(k, 2) int``: edges with one face only, in the direction in which that face runs."""
        order = np.argsort(self._edge_keys, kind="stable")
        ordered = self._edge_keys[order]
        alone = np.ones(len(ordered), dtype=bool)
        same = ordered[1:] == ordered[:-1]
        alone[1:] &= ~same
        alone[:-1] &= ~same
        pairs = self.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
        return pairs[np.sort(order[alone])]

    @cached_property
    def _edge_keys(self) -> NDArray[np.int64]:
        pairs = self.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
        low, high = pairs.min(axis=1), pairs.max(axis=1)
        return np.asarray(low * len(self.vertices) + high)

    @property
    def is_watertight(self) -> bool:
        """Whether every edge belongs to exactly two faces."""
        return len(self.faces) > 0 and bool((self.edge_table[1] == 2).all())

    @property
    def volume_mm3(self) -> float:
        """Enclosed volume by the divergence theorem; meaningful for watertight meshes."""
        a = self.vertices[self.faces[:, 0]]
        return float((a * self.face_crosses).sum() / 6)

    def transformed(self, matrix: Transform) -> Mesh:
        """Return the mesh moved by a ``(4, 4)`` matrix; a mirror image keeps its faces outward."""
        moved = self.vertices @ matrix[:3, :3].T + matrix[:3, 3]
        faces = self.faces[:, ::-1] if np.linalg.det(matrix[:3, :3]) < 0 else self.faces
        return Mesh(moved, faces)

    def part(self, face_mask: Mask) -> tuple[Mesh, NDArray[np.int64]]:
        """Cut out the masked faces.

        Returns
        -------
        Mesh, (k,) int
            The part, and for each of its vertices the index in this mesh.
        """
        chosen = self.faces[face_mask]
        used, inverse = np.unique(chosen, return_inverse=True)
        return Mesh(self.vertices[used], inverse.reshape(-1, 3).astype(np.int32)), used.astype(np.int64)

    def to_trimesh(self) -> trimesh.Trimesh:
        """Return a :class:`trimesh.Trimesh` with the same vertices and faces in the same order."""
        import trimesh

        return trimesh.Trimesh(self.vertices, self.faces, process=False)

    @classmethod
    def from_trimesh(cls, mesh: Any) -> Mesh:
        """Build from anything with ``vertices`` and ``faces``."""
        return cls(np.asarray(mesh.vertices), np.asarray(mesh.faces))


def concatenate(meshes: list[Mesh]) -> Mesh:
    """Put meshes side by side in one, in order."""
    offsets = np.cumsum([0] + [len(m.vertices) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.vertices for m in meshes]),
        np.concatenate([m.faces + o for m, o in zip(meshes, offsets, strict=True)]),
    )
