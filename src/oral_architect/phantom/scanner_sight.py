"""What an intraoral probe gets to see of an arch, and how a scanner closes what it did not see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from oral_architect.geometry.mesh import Mask, Mesh, Points

_TILTS_DEG = ((0.0, 1), (42.0, 5), (70.0, 7), (88.0, 6))
"""Probe directions: angle against the occlusal direction, and how many around."""
_GRAZING = 0.12
"""Cosine of the flattest angle at which a surface still gives back a pattern, about 83 degrees."""


def sight(mesh: Mesh, occlusal: Points) -> NDArray[np.float64]:
    """Share of the probe's directions from which each vertex is seen, ``(n,) float``, 0 to 1.

    Parameters
    ----------
    mesh
        The arch, faces outward, mm.
    occlusal
        ``(3,) float``: unit direction the crowns point to.
    """
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, mesh.vertices[mesh.faces].astype(np.float32))
    starts = (mesh.vertices + 0.03 * mesh.vertex_normals).astype(np.float32)
    directions = _probe_directions(occlusal)
    seen = np.zeros(len(starts))
    for direction in directions:
        facing = np.flatnonzero(mesh.vertex_normals @ direction > _GRAZING)
        rays = np.broadcast_to(direction.astype(np.float32), (len(facing), 3)).copy()
        free = np.asarray(scene.run(starts[facing], rays, query="OCCLUDED")) < 0
        seen[facing[free]] += 1.0
    return seen / len(directions)


def _probe_directions(occlusal: Points) -> Points:
    seed = np.array([1.0, 0, 0]) if abs(occlusal[0]) < 0.8 else np.array([0, 1.0, 0])
    side = np.cross(occlusal, seed)
    side /= np.linalg.norm(side)
    other = np.cross(occlusal, side)
    found = []
    for tilt_deg, count in _TILTS_DEG:
        tilt = np.deg2rad(tilt_deg)
        for azimuth in np.arange(count) / count * 2 * np.pi:
            across = np.cos(azimuth) * side + np.sin(azimuth) * other
            found.append(np.cos(tilt) * occlusal + np.sin(tilt) * across)
    return np.array(found)


def border_loops(mesh: Mesh) -> list[NDArray[np.int64]]:
    """Border rings as vertex numbers, each in the direction in which the faces beside it run.

    The widest comes first: on an arch that is its outer border, however many vertices a hole may have.
    """
    open_edges = mesh.open_edges
    following = dict(zip(open_edges[:, 0].tolist(), open_edges[:, 1].tolist(), strict=True))
    loops: list[NDArray[np.int64]] = []
    while following:
        start, at = following.popitem()
        ring = [start]
        while at != start and at in following:
            ring.append(at)
            at = following.pop(at)
        if at == start and len(ring) >= 3:
            loops.append(np.array(ring, dtype=np.int64))
    return sorted(
        loops, key=lambda ring: (-float(np.linalg.norm(np.ptp(mesh.vertices[ring], axis=0))), int(ring.min()))
    )


def bridge_holes(mesh: Mesh, longest_rim_mm: float) -> Mesh:
    """Close holes with rims up to a length by a fan of faces, as scanners do; the outer border stays open.

    New vertices come after the old ones.
    """
    loops = border_loops(mesh)
    centers: list[Points] = []
    fans: list[NDArray[np.int64]] = []
    for ring in loops[1:]:
        rim = mesh.vertices[ring]
        if np.linalg.norm(rim - np.roll(rim, -1, axis=0), axis=1).sum() > longest_rim_mm:
            continue
        middle = np.full(len(ring), len(mesh.vertices) + len(centers))
        centers.append(rim.mean(axis=0))
        fans.append(np.stack([np.roll(ring, -1), ring, middle], axis=1))
    if not fans:
        return mesh
    return Mesh(np.concatenate([mesh.vertices, centers]), np.concatenate([mesh.faces, *fans]).astype(np.int32))


def main_faces(mesh: Mesh, keep: Mask, least_share: float) -> Mask:
    """Of the kept faces, those in pieces that hold at least ``least_share`` of the largest piece."""
    faces = mesh.faces[keep]
    if not len(faces):
        return keep
    n = len(mesh.vertices)
    a, b = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    piece = connected_components(coo_array((np.ones(len(a), np.int8), (a, b)), shape=(n, n)), directed=False)[1]
    own = piece[faces[:, 0]]
    sizes = np.bincount(own)
    result = keep.copy()
    result[keep] = sizes[own] >= least_share * sizes.max()
    return result
