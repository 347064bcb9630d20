"""Closed bodies: the remaining tooth as a solid, and what a wanted form adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError
from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.closest import Surface
from oral_architect.geometry.solids import mesh_of, solid_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPECK_MM3 = 0.02
"""Pieces of a body smaller than this are dropped."""
FLARE_MM, SKIRT_MM = 1.5, 7.0
"""How far the solid below the margin reaches outward and toward the root; nothing is built there."""
VOXEL_MM = 0.12
"""Grid step of the fallback."""


@dataclass(frozen=True, eq=False)
class Closed:
    """A solid made of a scanned crown: faces below ``crown_faces`` are its own surface, the rest closes it."""

    mesh: Mesh
    crown_faces: int


@dataclass(frozen=True, eq=False)
class Built:
    """What a form adds to a tooth.

    Parameters
    ----------
    body
        Closed new material, mm.
    outer
        ``(faces of body,) bool``: those that belong to the new outer surface; the others face the tooth.
    whole
        The tooth's whole outer surface afterwards, open toward the root.
    route
        How it was made: ``boolean`` or ``distance field``.
    """

    body: Mesh
    outer: NDArray[np.bool_]
    whole: Mesh
    route: str


def close_below(crown: Mesh, occlusal: Floats) -> Closed:
    """Close an open crown by a skirt that flares outward below the margin and runs toward the root.

    Holes other than the margin are filled with a fan.

    Parameters
    ----------
    crown
        Open scanned surface, mm.
    occlusal
        ``(3,)`` unit direction of the crown.

    Raises
    ------
    StageError
        When the surface has no open margin or falls apart.
    """
    shell = tidy(crown)
    loops = rims(shell)
    if not loops:
        raise StageError("the crown's surface has no open margin", where="design", todo="Check the segmentation.")
    vertices = [shell.vertices]
    faces = [shell.faces.astype(np.int64)]
    count = len(shell.vertices)
    loops.sort(key=lambda loop: -_length(shell.vertices[loop]))
    margin = shell.vertices[loops[0]]
    centre = margin.mean(axis=0)
    arm = margin - centre
    arm -= (arm @ occlusal)[:, None] * occlusal
    out = arm / np.maximum(np.linalg.norm(arm, axis=1, keepdims=True), 1e-9)
    flared = margin + FLARE_MM * out - 0.25 * occlusal
    base = float((margin @ occlusal).min()) - SKIRT_MM
    deep = flared + (base - flared @ occlusal)[:, None] * occlusal
    apex = centre + (base - centre @ occlusal) * occlusal
    n = len(margin)
    rings = [np.asarray(loops[0]), count + np.arange(n), count + n + np.arange(n)]
    vertices += [flared, deep, apex[None]]
    faces += [_band(rings[0], rings[1]), _band(rings[1], rings[2]), _fan(rings[2], count + 2 * n)]
    count += 2 * n + 1
    for loop in loops[1:]:
        vertices.append(shell.vertices[loop].mean(axis=0)[None])
        faces.append(_fan(np.asarray(loop), count))
        count += 1
    return Closed(Mesh(np.concatenate(vertices), np.concatenate(faces).astype(np.int32)), len(shell.faces))


def tidy(crown: Mesh) -> Mesh:
    """Return the largest piece of a surface without places where it touches itself at an edge or a corner."""
    mesh = _largest_piece(crown)
    for _ in range(20):
        bad = np.zeros(len(mesh.vertices), dtype=np.bool_)
        edges, counts = mesh.edge_table
        bad[edges[counts > 2].ravel()] = True
        ahead, _ = _open_edges(mesh)
        bad[np.bincount(ahead[:, 0], minlength=len(bad)) > 1] = True
        keep = ~bad[mesh.faces].any(axis=1) & (mesh.face_areas > 1e-12)
        if keep.all():
            break
        mesh = _largest_piece(mesh.part(keep)[0])
    return mesh


def rims(mesh: Mesh) -> list[list[int]]:
    """Open edges as ordered loops of vertices, in the direction their faces run."""
    ahead, _ = _open_edges(mesh)
    follow = {int(a): int(b) for a, b in ahead}
    loops = []
    while follow:
        loop = [min(follow)]
        while loop[-1] in follow:
            loop.append(follow.pop(loop[-1]))
        loops.append(loop[:-1])
    return loops


def add(form: Mesh, tooth: Closed) -> Built:
    """Return what a closed form adds to a tooth, by exact booleans, or by distance fields where those fail.

    Raises
    ------
    StageError
        When the form adds nothing, or no route gives a closed body.
    """
    built = _by_boolean(form, tooth)
    if built is None:
        built = _by_distance(form, tooth)
    if built is None or not built.body.is_watertight or built.body.volume_mm3 <= 0:
        raise StageError("the new material could not be made a closed body", where="design")
    return built


def _by_boolean(form: Mesh, tooth: Closed) -> Built | None:
    import manifold3d

    first = int(manifold3d.Manifold.reserve_ids(2))
    wanted, there = solid_of(form, first), solid_of(tooth.mesh, first + 1)
    good = manifold3d.Error.NoError
    if wanted.status() != good or there.status() != good or wanted.volume() <= 0 or there.volume() <= 0:
        return None
    pieces = [p for p in (wanted - there).decompose() if p.volume() > SPECK_MM3]
    if not pieces:
        return None
    body, owner, _ = mesh_of(manifold3d.Manifold.compose(pieces))
    union, origin, original = mesh_of(wanted + there)
    if not body.is_watertight or len(union.faces) == 0:
        return None
    visible = (origin == first) | (original < tooth.crown_faces)
    whole, _ = union.part(visible)
    return Built(body, owner == first, _largest_piece(whole), "boolean")


def _by_distance(form: Mesh, tooth: Closed) -> Built | None:
    """The same by signed distances on a grid and marching cubes; coarser, but it cannot fail on bad topology."""
    from skimage.measure import marching_cubes

    low, high = form.vertices.min(axis=0) - 3 * VOXEL_MM, form.vertices.max(axis=0) + 3 * VOXEL_MM
    steps = np.ceil((high - low) / VOXEL_MM).astype(int) + 1
    axes = [low[i] + VOXEL_MM * np.arange(steps[i]) for i in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    of_form = Surface(form).signed_distance_mm(grid)
    of_tooth = np.full(len(grid), 1.0)
    inside = of_form < 3 * VOXEL_MM
    there = Surface(tooth.mesh)
    of_tooth[inside] = there.signed_distance_mm(grid[inside])
    field = np.maximum(of_form, -of_tooth).reshape(steps)
    if not (field < 0).any():
        return None
    points, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        field, 0.0, spacing=(VOXEL_MM,) * 3
    )
    body = _outward(Mesh(points + low, faces))
    pieces = [p for p in _pieces(body) if p.is_watertight and p.volume_mm3 > SPECK_MM3]
    if not pieces:
        return None
    from oral_architect.geometry import concatenate

    body = concatenate(pieces)
    centres = body.vertices[body.faces].mean(axis=1)
    outer = np.abs(Surface(form).signed_distance_mm(centres)) <= np.abs(there.signed_distance_mm(centres))
    crown = tooth.mesh.part(np.arange(len(tooth.mesh.faces)) < tooth.crown_faces)[0]
    bare = Surface(form).signed_distance_mm(crown.vertices[crown.faces].mean(axis=1)) > 0
    return Built(body, outer, concatenate([crown.part(bare)[0], body.part(outer)[0]]), "distance field")


def _outward(mesh: Mesh) -> Mesh:
    return mesh if mesh.volume_mm3 >= 0 else Mesh(mesh.vertices, mesh.faces[:, ::-1])


def _open_edges(mesh: Mesh) -> tuple[Ints, Ints]:
    """Directed edges used by one face, and that face."""
    directed = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
    low, high = directed.min(axis=1), directed.max(axis=1)
    _, inverse, counts = np.unique(low * (len(mesh.vertices) + 1) + high, return_inverse=True, return_counts=True)
    alone = counts[inverse] == 1
    return directed[alone], np.flatnonzero(alone) // 3


def _pieces(mesh: Mesh) -> list[Mesh]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(mesh.vertices)
    edges = mesh.edge_table[0]
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    count, part = connected_components(graph, directed=False)
    owner = part[mesh.faces[:, 0]]
    found = [mesh.part(owner == i)[0] for i in range(count) if (owner == i).any()]
    return sorted(found, key=lambda m: -m.area_mm2)


def _largest_piece(mesh: Mesh) -> Mesh:
    pieces = _pieces(mesh)
    return pieces[0] if pieces else mesh


def _band(upper: Ints, lower: Ints) -> Ints:
    """Faces between two loops of equal length that continue the surface above its open edge."""
    after, below = np.roll(upper, -1), np.roll(lower, -1)
    return np.concatenate([np.stack([after, upper, lower], axis=1), np.stack([after, lower, below], axis=1)])


def _fan(loop: Ints, centre: int) -> Ints:
    return np.stack([np.roll(loop, -1), loop, np.full(len(loop), centre)], axis=1)


def _length(points: Points) -> float:
    return float(np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1).sum())
