"""Give every face of a surface the same sense of rotation as its neighbours, and turn each piece outward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh
from oral_architect.scan.topology import Edges, Ints, face_components, groups

VOTE_MARGIN = 0.02
"""Difference of escaping rays below which the outside is not certain; a real shell reaches 0.1 and more."""
_SAMPLES = 1500
_FEW_SAMPLES = 150
_RAYS = 24
_LARGE_PIECES = 64


@dataclass(frozen=True)
class Wound:
    """Faces after winding.

    Parameters
    ----------
    faces
        ``(m, 3) int``.
    flipped
        How many faces were turned to agree with their neighbours.
    twisted
        ``(t,) int``: faces that cannot agree with all their neighbours (a Möbius band).
    """

    faces: NDArray[np.int32]
    flipped: int
    twisted: Ints


@dataclass(frozen=True)
class Outward:
    """Faces after turning pieces outward.

    Parameters
    ----------
    faces
        ``(m, 3) int``.
    flipped
        How many faces were turned.
    uncertain
        Whether the outside of the largest piece could not be told.
    """

    faces: NDArray[np.int32]
    flipped: int
    uncertain: bool


def wind(faces: NDArray[np.int32], areas: NDArray[np.float64]) -> Wound:
    """Make neighbours agree; within a piece the side with more area keeps its winding.

    Parameters
    ----------
    faces
        ``(m, 3) int``, at most two faces an edge.
    areas
        ``(m,) float``.
    """
    a, b, opposed = _neighbours(faces)
    if not opposed.any():
        return Wound(faces, 0, np.zeros(0, dtype=np.int64))
    m = len(faces)
    # each face stands twice, as it is (f) and turned (f + m); agreeing states of neighbours are joined
    x = np.concatenate([a, a + m])
    y = np.concatenate([np.where(opposed, b + m, b), np.where(opposed, b, b + m)])
    count, labels = groups(2 * m, x, y)
    _, pieces = groups(m, a, b)
    torn = np.isin(pieces, pieces[labels[:m] == labels[m:]])
    # where no agreement exists, the smaller face of each opposed pair has to go
    smaller = np.where(areas[a] < areas[b], a, b)
    twisted = np.unique(smaller[opposed & torn[a]])
    weight = np.bincount(labels[:m], weights=areas, minlength=count)
    as_is, turned = weight[labels[:m]], weight[labels[m:]]
    # equal weights are decided by the state that holds the first face
    first = labels[:m] < labels[m:]
    turn = ~torn & ((turned > as_is) | ((turned == as_is) & ~first))
    result = faces.copy()
    result[turn] = result[turn][:, ::-1]
    return Wound(result, int(turn.sum()), twisted)


def turn_outward(mesh: Mesh) -> Outward:
    """Turn each piece so that its normals point to where rays escape.

    From points on the surface rays go out on both sides. On the scanned side of a mouth most leave
    without hitting anything; on the other they meet the inside of crowns and ridges. This holds for
    closed pieces too, and leaves the walls of inner cavities alone, from where no ray escapes.

    Parameters
    ----------
    mesh
        Consistently wound, mm.
    """
    count, pieces = face_components(mesh.faces)
    areas = np.bincount(pieces, weights=mesh.face_areas, minlength=count)
    sky = _Sky(mesh)
    turn = np.zeros(count, dtype=bool)
    uncertain = False
    for rank, piece in enumerate(np.argsort(-areas, kind="stable")[:_LARGE_PIECES]):
        vote = sky.vote(np.flatnonzero(pieces == piece), _FEW_SAMPLES if rank else _SAMPLES)
        turn[piece] = vote < -VOTE_MARGIN
        uncertain |= rank == 0 and abs(vote) <= VOTE_MARGIN
    chosen = turn[pieces]
    faces = mesh.faces.copy()
    faces[chosen] = faces[chosen][:, ::-1]
    return Outward(faces, int(chosen.sum()), uncertain)


def _neighbours(faces: NDArray[np.int32]) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Pairs of faces over an edge, and whether they run along it in the same direction, which opposes them."""
    left, right = Edges.of(faces).pairs()
    flat = faces.reshape(-1)
    return left // 3, right // 3, flat[left] == flat[right]


class _Sky:
    """Asks how much open space is seen from the two sides of a surface."""

    def __init__(self, mesh: Mesh) -> None:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self._mesh = mesh
        self._centre = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
        self._lift = 1e-4 * float(np.abs(mesh.vertices - self._centre).max())
        self._scene = EmbreeScene()
        TriangleMesh(self._scene, (mesh.vertices - self._centre).astype(np.float32), mesh.faces)

    def vote(self, members: Ints, samples: int) -> float:
        """Return the share of rays that escape in front minus the share that escape behind."""
        mesh = self._mesh
        reach = np.cumsum(mesh.face_areas[members])
        if reach[-1] <= 0:
            return 0.0
        wanted = (np.arange(samples) + 0.5) / samples * reach[-1]
        chosen = members[np.minimum(np.searchsorted(reach, wanted), len(members) - 1)]
        normals = mesh.face_normals[chosen]
        points = mesh.vertices[mesh.faces[chosen]].mean(axis=1) - self._centre
        return self._open(points, normals) - self._open(points, -normals)

    def _open(self, points: NDArray[np.float64], normals: NDArray[np.float64]) -> float:
        """Share of a cosine-weighted hemisphere of rays that hit nothing."""
        side = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
        u = np.cross(normals, side)
        u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-12)
        frame = np.stack([u, np.cross(normals, u), normals], axis=1)
        directions = np.einsum("rk,nkx->nrx", _hemisphere(_RAYS), frame).reshape(-1, 3)
        origins = np.repeat(points + self._lift * normals, _RAYS, axis=0)
        hits = self._scene.run(origins.astype(np.float32), directions.astype(np.float32))
        return float((np.asarray(hits) < 0).mean())


def _hemisphere(count: int) -> NDArray[np.float64]:
    """``(count, 3)`` directions about +z, spread by the golden angle with cosine weight."""
    number = np.arange(count) + 0.5
    radius = np.sqrt(number / count)
    angle = number * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1 - radius**2)], axis=1)
