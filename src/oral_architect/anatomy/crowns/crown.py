"""One tooth's own surface cut out of the scan, with a clean border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from oral_architect.errors import StageError
from oral_architect.geometry import Faces, Mask, Mesh

Index = NDArray[np.int64]

_ENCLOSED_PART = 0.15  # a patch of other labels inside a crown, up to this part of its area, belongs to it
_TRIM_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Crown:
    """The scanned surface of one tooth, an open shell.

    Parameters
    ----------
    fdi
        Its number.
    mesh
        Its surface, mm, in the frame of the scan it came from.
    vertex_ids
        ``(k,) int``: for each of its vertices, the index in the scan.
    border
        ``(b,) int``: its outer border, indices into its own vertices, in order, the surface on the left.
    gingiva_share, neighbour_share, open_share
        Parts of the border's length that meet gingiva, another tooth, and the edge of the scan.
    confidence
        0 to 1: one piece, one border, most of it gingiva.
    """

    fdi: int
    mesh: Mesh
    vertex_ids: Index
    border: Index
    gingiva_share: float
    neighbour_share: float
    open_share: float
    confidence: float


def extract_crown(mesh: Mesh, labels: NDArray[np.integer[Any]], fdi: int) -> Crown:
    """Cut a tooth out of the scan.

    The largest connected patch of faces most of whose corners carry the number, without teeth of single faces along
    its border, without pinched corners, and with small patches of other labels inside it filled.

    Parameters
    ----------
    mesh
        The scan, ``n`` vertices, mm.
    labels
        ``(n,) int``, 0 gingiva.
    fdi
        The tooth.

    Returns
    -------
    Crown
        Its shell and how its border is made up.

    Raises
    ------
    StageError
        When no patch of at least three faces carries the number.
    """
    labels = np.asarray(labels)
    own = (labels[mesh.faces] == fdi).sum(axis=1) >= 2
    total_mm2 = float(mesh.face_areas[own].sum())
    pairs = _adjacent_faces(mesh.faces)
    chosen = _largest_patch(own, pairs, mesh.face_areas)
    chosen = _fill_enclosed(chosen, pairs, mesh)
    for _ in range(_TRIM_ROUNDS):
        trimmed = _without_pinches(mesh, _without_spikes(chosen, pairs), pairs)
        if np.array_equal(trimmed, chosen):
            break
        chosen = _largest_patch(trimmed, pairs, mesh.face_areas)
    if chosen.sum() < 3:
        raise StageError(
            f"tooth {fdi} covers fewer than three faces of the scan",
            where=f"anatomy: crown of {fdi}",
            todo="Rescan this tooth or remove its label.",
        )
    shell, ids = mesh.part(chosen)
    loops = border_loops(shell)
    border = loops[0] if loops else np.zeros(0, dtype=np.int64)
    kinds = border_kinds(mesh, labels, fdi, ids[border])
    gingiva, neighbour, rim = _border_shares(shell.vertices[border], kinds)
    whole = float(mesh.face_areas[chosen].sum()) / max(total_mm2, 1e-9)
    confidence = min(1.0, whole) * (1 - 0.5 * rim) * (1.0 if loops else 0.2)
    return Crown(fdi, shell, ids, border, gingiva, neighbour, rim, float(np.clip(confidence, 0, 1)))


def border_loops(mesh: Mesh) -> list[Index]:
    """Trace the open borders of a surface, longest (in mm) first; each loop keeps the surface on its left."""
    half = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
    n = len(mesh.vertices)
    keys = half[:, 0] * n + half[:, 1]
    alone = ~np.isin(half[:, 1] * n + half[:, 0], keys)
    following: dict[int, list[int]] = {}
    for a, b in half[alone]:
        following.setdefault(int(a), []).append(int(b))
    loops: list[Index] = []
    while following:
        start = next(iter(following))
        loop, at = [start], start
        while at in following:
            step = following[at].pop()
            if not following[at]:
                del following[at]
            at = step
            if at == start:
                break
            loop.append(at)
        loops.append(np.array(loop, dtype=np.int64))
    return sorted(loops, key=lambda loop: (-loop_length_mm(mesh.vertices[loop]), int(loop[0])))


def loop_length_mm(points: NDArray[np.float64]) -> float:
    """Length of a closed polyline ``(k, 3) mm`` given without its repeated first point."""
    return float(np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1).sum())


def _adjacent_faces(faces: Faces) -> NDArray[np.int64]:
    """Pairs of faces that share an edge, ``(p, 2) int``."""
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    key = edges[:, 0] * (int(faces.max(initial=0)) + 1) + edges[:, 1]
    order = np.argsort(key, kind="stable")
    same = key[order[1:]] == key[order[:-1]]
    return np.stack([order[:-1][same] // 3, order[1:][same] // 3], axis=1)


def _pieces(mask: Mask, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Piece number of each face among the masked, joined across edges; -1 elsewhere."""
    inside = pairs[mask[pairs].all(axis=1)]
    graph = coo_matrix((np.ones(len(inside)), (inside[:, 0], inside[:, 1])), shape=(len(mask), len(mask)))
    _, piece = connected_components(graph, directed=False)
    return np.where(mask, piece, -1)


def _largest_patch(mask: Mask, pairs: NDArray[np.int64], areas: NDArray[np.float64]) -> Mask:
    if not mask.any():
        return mask
    piece = _pieces(mask, pairs)
    size = np.bincount(piece[mask], weights=areas[mask])
    return np.asarray(piece == int(size.argmax()))


def _fill_enclosed(chosen: Mask, pairs: NDArray[np.int64], mesh: Mesh) -> Mask:
    if not chosen.any():
        return chosen
    piece = _pieces(~chosen, pairs)
    outside = piece[~chosen]
    if len(outside) == 0:
        return chosen
    size = np.bincount(outside, weights=mesh.face_areas[~chosen])
    small = size <= _ENCLOSED_PART * mesh.face_areas[chosen].sum()
    # a patch with an edge of the scan of its own is not enclosed
    shared = np.bincount(pairs.ravel(), minlength=len(chosen))
    at_rim = ~chosen & (shared < 3)
    small[piece[at_rim]] = False
    return np.asarray(chosen | (~chosen & small[np.maximum(piece, 0)]))


def _without_spikes(chosen: Mask, pairs: NDArray[np.int64]) -> Mask:
    """Fill notches (two edges inside), then drop spikes (one edge inside)."""
    inside = chosen[pairs]
    support = np.bincount(pairs[inside[:, 1], 0], minlength=len(chosen)) + np.bincount(
        pairs[inside[:, 0], 1], minlength=len(chosen)
    )
    filled = chosen | (support >= 2)
    inside = filled[pairs]
    support = np.bincount(pairs[inside[:, 1], 0], minlength=len(chosen)) + np.bincount(
        pairs[inside[:, 0], 1], minlength=len(chosen)
    )
    return np.asarray(filled & (support >= 2))


def _without_pinches(mesh: Mesh, chosen: Mask, pairs: NDArray[np.int64]) -> Mask:
    """Where the patch touches itself at a single corner, keep the bigger fan of faces there."""
    faces = np.flatnonzero(chosen)
    half = mesh.faces[faces][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
    n = len(mesh.vertices)
    alone = ~np.isin(half[:, 1] * n + half[:, 0], half[:, 0] * n + half[:, 1])
    leaving = np.bincount(half[alone, 0], minlength=n)
    pinched = np.flatnonzero(leaving > 1)
    if len(pinched) == 0:
        return chosen
    result = chosen.copy()
    at = np.isin(mesh.faces, pinched).any(axis=1) & chosen
    for vertex in pinched:
        star = at & (mesh.faces == vertex).any(axis=1)
        members = np.flatnonzero(star)
        near = pairs[np.isin(pairs, members).all(axis=1)]
        fan = _pieces(star, near)[members]
        size = np.array([mesh.face_areas[members[fan == k]].sum() for k in np.unique(fan)])
        result[members[fan != np.unique(fan)[int(size.argmax())]]] = False
    return result


def _border_shares(points: NDArray[np.float64], kind: Index) -> tuple[float, float, float]:
    if len(points) == 0:
        return 0.0, 0.0, 0.0
    length = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
    share = np.bincount(kind, weights=length, minlength=3) / max(float(length.sum()), 1e-9)
    return float(share[0]), float(share[1]), float(share[2])


def border_kinds(mesh: Mesh, labels: NDArray[np.integer[Any]], fdi: int, border_ids: Index) -> NDArray[np.int64]:
    """Say what each border vertex of a crown meets: 0 gingiva, 1 only another tooth, 2 the edge of the scan.

    Parameters
    ----------
    mesh, labels, fdi
        As for :func:`extract_crown`.
    border_ids
        ``(b,) int``: border vertices, indices into the scan.

    Returns
    -------
    (b,) int
        Judged over each vertex and the vertices of the faces around it.
    """
    n = len(mesh.vertices)
    wanted = np.zeros(n, dtype=bool)
    wanted[border_ids] = True
    touching = mesh.faces[wanted[mesh.faces].any(axis=1)]
    gingiva = np.zeros(n, dtype=bool)
    other = np.zeros(n, dtype=bool)
    for corner in range(3):
        for neighbour in range(3):
            value = labels[touching[:, neighbour]]
            gingiva[touching[value == 0, corner]] = True
            other[touching[(value != 0) & (value != fdi), corner]] = True
    kind = np.where(other, 1, 2)
    kind = np.where(gingiva, 0, kind)
    return np.asarray(kind[border_ids], dtype=np.int64)
