"""What of two labelled arches can meet: occlusal points of the lower one, and where class I would place it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Transform
from oral_architect.geometry.registration import from_pairs
from oral_architect.teeth import fdi as numbers
from oral_architect.teeth.shape_model import crown_model

from .clearance import Crowns
from .opposing import Floats, Occlusal, Relief, gaps_mm

Labels = NDArray[np.integer[Any]]

_TOP_PART_MM = 4.5  # what of a lower crown can meet an upper one, below its highest point
_FACING = 0.15
_POINTS_A_TOOTH = 600
_NEAR_MM = 0.7  # faces this near the upper teeth are sampled finely
_LATTICE = np.array([(i, j, 3 - i - j) for i in range(4) for j in range(4 - i)], dtype=np.float64) / 3


def face_labels(mesh: Mesh, labels: Labels) -> NDArray[np.int64]:
    """Return the tooth of each face, ``(m,)``: the middle of its corners' labels."""
    return np.asarray(np.sort(labels[mesh.faces], axis=1)[:, 1], dtype=np.int64)


def centroids(mesh: Mesh, tooth: NDArray[np.int64]) -> dict[int, Floats]:
    """Return the middle of each tooth's surface, ``(3,) mm``, of the tooth of each face."""
    middle = mesh.vertices[mesh.faces].sum(axis=1) / 3
    result = {}
    for fdi in (int(t) for t in np.unique(tooth) if t > 0):
        own = tooth == fdi
        area = mesh.face_areas[own]
        if area.sum() > 0:
            result[fdi] = np.asarray((middle[own] * area[:, None]).sum(axis=0) / area.sum())
    return result


def occlusal_points(lower: Mesh, tooth: NDArray[np.int64], count: int) -> Occlusal:
    """Face centres of the upper part of each lower crown that face up, thinned evenly."""
    middle = lower.vertices[lower.faces].sum(axis=1) / 3
    index = top_faces(lower, tooth)
    if len(index) > count:
        index = index[np.floor(np.arange(count) * len(index) / count).astype(np.int64)]
    teeth = tooth[index]
    # seen from above: a steep flank counts by the area it covers
    weight = lower.face_areas[index] * lower.face_normals[index, 2]
    left = np.array([numbers.is_left(int(t)) for t in teeth])
    for side in (left, ~left):
        if side.any():
            weight[side] /= weight[side].sum()
    return Occlusal(middle[index], weight / weight.sum(), teeth)


def class_one(upper: dict[int, Floats], lower: dict[int, Floats]) -> Transform:
    """Place the lower teeth against their upper namesakes as in the mean arch, in the horizontal plane."""
    source, target = [], []
    for fdi, place in lower.items():
        meets = numbers.antagonists(fdi) if numbers.is_permanent(fdi) else ()
        partner = meets[0] if meets else 0
        if partner not in upper:
            continue
        offset = crown_model(fdi).arch_pose[:3, 3] - crown_model(partner).arch_pose[:3, 3]
        flat = np.array([1.0, 1.0, 0.0])
        source.append(place * flat)
        target.append((upper[partner] + offset) * flat)
    if len(source) < 3:
        return np.eye(4)
    motion = from_pairs(np.array(source), np.array(target))
    turn = np.arctan2(motion[1, 0], motion[0, 0])
    if not np.isfinite(turn) or abs(turn) > np.radians(30):
        return np.eye(4)
    return motion


def top_faces(lower: Mesh, tooth: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the faces of the upper part of each lower crown that face up, ``(k,)``."""
    middle = lower.vertices[lower.faces].sum(axis=1) / 3
    chosen = (tooth > 0) & (lower.face_normals[:, 2] > _FACING)
    for fdi in np.unique(tooth[tooth > 0]):
        own = tooth == fdi
        chosen[own] &= middle[own, 2] > middle[own, 2].max() - _TOP_PART_MM
    return np.flatnonzero(chosen)


def coarse_crowns(lower: Mesh, tooth: NDArray[np.int64], motion: Transform, most: int = _POINTS_A_TOOTH) -> Crowns:
    """Return vertices and middles of the occlusal faces, about ``most`` a tooth, taken along by ``motion``."""
    faces = top_faces(lower, tooth)
    corners = lower.vertices[lower.faces[faces]]
    points = np.concatenate([corners[:, 0], corners.mean(axis=1)])
    return _sorted(points, np.tile(tooth[faces], 2), motion, most)


def fine_crowns(lower: Mesh, tooth: NDArray[np.int64], motion: Transform, relief: Relief) -> Crowns:
    """Return ten points of each occlusal face that lies near the upper teeth once ``motion`` took it there.

    A contact is smaller than a scan's triangles, so points between their corners are needed to find its depth.
    """
    faces = top_faces(lower, tooth)
    corners = lower.vertices[lower.faces[faces]]
    gap, cover = gaps_mm(corners.mean(axis=1) @ motion[:3, :3].T + motion[:3, 3], relief)
    near = (cover > 0) & (np.abs(gap) < _NEAR_MM)
    points = np.einsum("lc,fcd->fld", _LATTICE, corners[near]).reshape(-1, 3)
    return _sorted(points, np.repeat(tooth[faces[near]], len(_LATTICE)), motion, None)


def _sorted(points: Floats, tooth: NDArray[np.int64], motion: Transform, most: int | None) -> Crowns:
    parts, teeth = [], np.unique(tooth)
    for fdi in teeth:
        own = points[tooth == fdi]
        parts.append(own if most is None else own[:: max(1, len(own) // most)])
    first = np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)
    weights = np.ones(len(teeth))
    left = np.array([numbers.is_left(int(t)) for t in teeth], dtype=bool)
    for side in (left, ~left):
        if side.any():
            weights[side] /= side.sum()
    moved = np.concatenate(parts) if parts else np.zeros((0, 3))
    total = max(float(weights.sum()), 1e-9)
    return Crowns(moved @ motion[:3, :3].T + motion[:3, 3], first, teeth.astype(np.int64), weights / total)
