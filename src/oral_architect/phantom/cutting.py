"""Exact cuts through a closed crown, and the rough bodies that make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry.mesh import Mesh, Points
from oral_architect.geometry.solids import solid_of

from .noise import waves

Height = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""Height in mm over in-plane coordinates ``u, v`` in mm."""


def subtract(body: Mesh, cutters: Sequence[Mesh]) -> Mesh:
    """Take closed cutters away from a closed body; only the largest remaining piece is kept.

    Raises
    ------
    StageError
        When a body is not closed or nothing remains.
    """
    import manifold3d

    solids = [_solid(m) for m in (body, *cutters)]
    return _largest(manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Subtract))


def intersect(bodies: Sequence[Mesh]) -> Mesh:
    """Keep what all closed bodies share; only the largest piece is kept.

    Raises
    ------
    StageError
        When a body is not closed or nothing is shared.
    """
    import manifold3d

    return _largest(manifold3d.Manifold.batch_boolean([_solid(m) for m in bodies], manifold3d.OpType.Intersect))


def unite(bodies: Sequence[Mesh]) -> Mesh:
    """Join closed bodies that overlap; only the largest piece is kept.

    Raises
    ------
    StageError
        When a body is not closed.
    """
    import manifold3d

    return _largest(manifold3d.Manifold.batch_boolean([_solid(m) for m in bodies], manifold3d.OpType.Add))


def height_body(origin: Points, axes: Points, box: NDArray[np.float64], spacing_mm: float, height: Height) -> Mesh:
    """Closed body above a height field: what a grinding or breaking surface takes away.

    Parameters
    ----------
    origin
        ``(3,) float, mm``.
    axes
        ``(3, 3) float``: rows are the two in-plane directions and the direction away from the tooth.
    box
        ``(2, 2) float, mm``: lowest and highest ``u, v``.
    spacing_mm
        Grid spacing, the finest detail of the cut.
    height
        Height over ``u, v``; the body reaches 30 mm above its highest point.
    """
    counts = np.maximum(np.ceil((box[1] - box[0]) / spacing_mm).astype(int) + 1, 3)
    u, v = np.meshgrid(*(np.linspace(box[0, i], box[1, i], counts[i]) for i in range(2)), indexing="ij")
    floor = np.stack([u.ravel(), v.ravel(), height(u, v).ravel()], axis=1)
    rim = _rim_indices(*counts)
    lid = floor[rim] * (1, 1, 0) + (0, 0, floor[:, 2].max() + 30.0)
    points = np.concatenate([floor, lid, lid.mean(axis=0, keepdims=True)])
    return Mesh(points @ axes + origin, _height_faces(*counts))


def blob(center: Points, axes: Points, radii_mm: Points, roughness_mm: float, rng: np.random.Generator) -> Mesh:
    """Closed egg with an uneven surface: one lobe of a decayed hollow.

    Parameters
    ----------
    center
        ``(3,) float, mm``.
    axes
        ``(3, 3) float``: rows are the directions of the radii.
    radii_mm
        ``(3,) float, mm``.
    roughness_mm
        RMS unevenness.
    """
    directions, faces = _sphere(4 if max(radii_mm) > 1.1 else 3)
    surface = directions * radii_mm
    field = 0.8 * waves(rng, 1.6)(surface) + 0.6 * waves(rng, 0.6)(surface)
    grown = surface * (1 + np.clip(field * roughness_mm / float(np.mean(radii_mm)), -0.35, 0.35))[:, None]
    return Mesh(grown @ axes + center, faces)


def frame_about(normal: Points) -> Points:
    """``(3, 3)`` right-handed rows: two directions across ``normal``, then ``normal`` as a unit vector."""
    w = normal / np.linalg.norm(normal)
    seed = np.array([1.0, 0, 0]) if abs(w[0]) < 0.8 else np.array([0, 1.0, 0])
    u = np.cross(seed, w)
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(w, u), w])


def _solid(mesh: Mesh) -> Any:
    import manifold3d

    solid = solid_of(mesh)
    if solid.status() != manifold3d.Error.NoError:
        raise StageError(
            f"a body to cut is not closed ({solid.status().name})",
            where="phantom damage",
            todo="Give a closed crown mesh.",
        )
    return solid


def _largest(solid: Any) -> Mesh:
    pieces = solid.decompose()
    if not pieces:
        raise StageError(
            "nothing of the crown is left after the cut", where="phantom damage", todo="Ask for less severity."
        )
    mesh = max(pieces, key=lambda piece: piece.volume()).to_mesh64()
    return Mesh(np.array(mesh.vert_properties)[:, :3], np.array(mesh.tri_verts, dtype=np.int32))


def _rim_indices(nu: int, nv: int) -> NDArray[np.int64]:
    grid = np.arange(nu * nv).reshape(nu, nv)
    return np.concatenate([grid[:-1, 0], grid[-1, :-1], grid[:0:-1, -1], grid[0, :0:-1]])


@cache
def _height_faces(nu: int, nv: int) -> NDArray[np.int32]:
    grid = np.arange(nu * nv).reshape(nu, nv)
    a, b, c, d = grid[:-1, :-1].ravel(), grid[1:, :-1].ravel(), grid[1:, 1:].ravel(), grid[:-1, 1:].ravel()
    rim = _rim_indices(nu, nv)
    following = np.roll(rim, -1)
    lid = nu * nv + np.arange(len(rim))
    lid_next = np.roll(lid, -1)
    centre = np.full(len(rim), nu * nv + len(rim))
    corners = [(a, c, b), (a, d, c), (rim, following, lid_next), (rim, lid_next, lid), (lid, lid_next, centre)]
    return np.concatenate([np.stack(t, axis=1) for t in corners]).astype(np.int32)


@cache
def _sphere(subdivisions: int) -> tuple[Points, NDArray[np.int32]]:
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=subdivisions)
    return np.asarray(ball.vertices, dtype=np.float64), np.asarray(ball.faces, dtype=np.int32)
