"""Close a scan to a solid block with a flat bottom, as study models are cast, trimmed or exported."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from oral_architect.geometry.mesh import Mesh, Points
from oral_architect.teeth.fdi import Jaw

from .scanner_sight import border_loops, bridge_holes, main_faces

_THICKNESS_MM = 1.5, 18.0
"""From the deepest place of the scan to the flat bottom."""
_TILT = 0.06
"""Slope of the bottom against the occlusal plane, a standard deviation."""
_CALM_MM = 1.0, 5.0
"""How far the outline of the bottom forgets the frayed border."""
_FLARE_MM = -1.5, 2.5
"""How much wider the bottom is than the border."""
_TRIMMED = 0.5
"""Share of bases without a tongue's notch that are trimmed to a polygon, as orthodontists have them."""
_LEDGE_MM = 8.0
"""A polygon that stands out farther than this on average is not what anyone trims."""
_HOLE_RIM_MM = 80.0
_FRAYS = 12
"""Rounds of taking away places where the border touches itself."""


def add_base(
    mesh: Mesh, labels: NDArray[np.int16], jaw: Jaw, rng: np.random.Generator
) -> tuple[Mesh, NDArray[np.int16]]:
    """Return a scan closed by walls and a flat bottom, which belong to no tooth, with its labels.

    Parameters
    ----------
    mesh
        A scan, LPS, mm, whole or partial.
    labels
        ``(n,) int``: FDI per vertex, 0 gingiva.
    jaw
        Which way the bottom lies.
    rng
        Source of chance.

    Returns
    -------
    Mesh, (k,) int
        Its vertices first, in order, but for those of loose pieces and frays; then those of the base. A scan whose
        border is not one ring around it comes back as it is.
    """
    whole, kept = _one_piece(mesh)
    ring = _border(whole)
    if ring is None:
        return mesh, labels
    whole = bridge_holes(whole, _HOLE_RIM_MM)
    step = float(np.median(np.linalg.norm(whole.vertices[ring] - whole.vertices[np.roll(ring, -1)], axis=1)))
    rings = _rings(whole, ring, -1.0 if jaw == "upper" else 1.0, step, rng)
    cap = _cap(rings[-1])
    count = len(ring)
    indices = [ring, *(len(whole.vertices) + i * count + np.arange(count) for i in range(len(rings)))]
    faces: list[NDArray[np.int64]] = [whole.faces.astype(np.int64)]
    for over, under in pairwise(indices):
        after, under_after = np.roll(over, -1), np.roll(under, -1)
        faces += [np.stack([after, over, under], axis=1), np.stack([after, under, under_after], axis=1)]
    faces.append(indices[-1][cap])
    vertices = np.concatenate([whole.vertices, *rings])
    told = np.zeros(len(vertices), dtype=labels.dtype)
    told[: len(kept)] = labels[kept]
    return Mesh(vertices, np.concatenate(faces).astype(np.int32)), told


def _one_piece(mesh: Mesh) -> tuple[Mesh, NDArray[np.int64]]:
    """The main piece without the faces where its border touches itself, and the vertices it keeps."""
    kept = np.arange(len(mesh.vertices))
    keep = main_faces(mesh, np.ones(len(mesh.faces), dtype=bool), 0.99)
    for _ in range(_FRAYS):
        mesh, part = mesh.part(keep)
        kept = kept[part]
        leaving = np.bincount(mesh.open_edges[:, 0], minlength=len(mesh.vertices))
        edges, uses = mesh.edge_table
        pinched = leaving > 1
        pinched[edges[uses > 2].ravel()] = True
        if not pinched.any():
            break
        keep = main_faces(mesh, np.asarray(~pinched[mesh.faces].any(axis=1)), 0.99)
    return mesh, kept


def _border(mesh: Mesh) -> NDArray[np.int64] | None:
    """The ring around the scan, ``None`` when its border is broken."""
    loops = border_loops(mesh)
    if not loops or len(loops[0]) < 24:
        return None
    reach = np.ptp(mesh.vertices[loops[0]][:, :2], axis=0) / np.ptp(mesh.vertices[:, :2], axis=0)
    return loops[0] if reach.min() > 0.8 else None


def _rings(mesh: Mesh, ring: NDArray[np.int64], up: float, step_mm: float, rng: np.random.Generator) -> list[Points]:
    """Rings of the wall from below the border to the bottom, ``(r, 3) mm`` each."""
    border = mesh.vertices[ring]
    sigma = rng.uniform(*_CALM_MM) / max(step_mm, 1e-3)
    outline = gaussian_filter1d(border[:, :2], sigma, axis=0, mode="wrap")
    outline = outline + _outward(outline) * rng.uniform(*_FLARE_MM)
    if rng.random() < _TRIMMED and _is_round(outline):
        trimmed = _polygon(outline, rng)
        if np.linalg.norm(trimmed - outline, axis=1).mean() < _LEDGE_MM:
            outline = trimmed
    tilt = rng.normal(0, _TILT, 2)
    deepest = float((mesh.vertices[:, 2] * up - mesh.vertices[:, :2] @ tilt).min())
    bottom = np.c_[outline, (outline @ tilt + deepest - rng.uniform(*_THICKNESS_MM)) * up]
    # the wall leaves the border at once to the outline, then goes straight down
    shoulder = np.c_[outline, gaussian_filter1d(border[:, 2], sigma, mode="wrap") - 0.5 * up]
    rise = float(np.abs(shoulder[:, 2] - bottom[:, 2]).mean())
    rows = int(np.clip(rise / (rng.uniform(1.0, 4.0) * max(step_mm, 0.2)), 1, 40))
    return [shoulder + (bottom - shoulder) * t for t in np.linspace(0, 1, rows + 1)]


def _outward(outline: Points) -> Points:
    """Unit normals of a closed line away from its inside, ``(n, 2)``."""
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    normal = np.c_[along[:, 1], -along[:, 0]]
    return np.asarray(normal if _signed_area(outline) > 0 else -normal)


def _signed_area(outline: Points) -> float:
    after = np.roll(outline, -1, axis=0)
    return float((outline[:, 0] * after[:, 1] - outline[:, 1] * after[:, 0]).sum() / 2)


def _is_round(outline: Points) -> bool:
    """Whether a closed line has no deep notch: it fills most of its convex hull."""
    from scipy.spatial import ConvexHull

    return abs(_signed_area(outline)) > 0.85 * float(ConvexHull(outline).volume)


def _polygon(outline: Points, rng: np.random.Generator) -> Points:
    """Push a closed line out to a polygon around it."""
    middle = (outline.min(axis=0) + outline.max(axis=0)) / 2
    corners = int(rng.integers(5, 8))
    angles = (np.arange(corners) + rng.uniform(0, 1)) / corners * 2 * np.pi
    sides = np.c_[np.cos(angles), np.sin(angles)]
    reach = ((outline - middle) @ sides.T).max(axis=0) + rng.uniform(0.5, 4.0)
    rays = outline - middle
    with np.errstate(divide="ignore"):
        scale = np.where(rays @ sides.T > 1e-6, reach / np.maximum(rays @ sides.T, 1e-6), np.inf).min(axis=1)
    return np.asarray(middle + rays * np.maximum(scale, 1.0)[:, None])


def _cap(bottom: Points) -> NDArray[np.int64]:
    """Triangles that close the bottom ring, as places in the ring; they run against it."""
    import manifold3d

    flat = bottom[:, :2]
    if _signed_area(flat) > 0:
        return np.asarray(manifold3d.triangulate([flat]), dtype=np.int64)[:, ::-1]
    back = np.arange(len(flat))[::-1]
    return np.asarray(back[np.asarray(manifold3d.triangulate([flat[back]]), dtype=np.int64)])
