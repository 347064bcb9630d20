"""Bringing one shape onto another: best rigid or similarity motion of paired points, and iterated closest points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.errors import StageError

from .closest import Surface
from .mesh import Points, Transform

Floats = NDArray[np.float64]


def from_pairs(source: Points, target: Points, weights: Floats | None = None, *, with_scale: bool = False) -> Transform:
    """Return the motion that lays ``source`` onto ``target`` with least weighted squared distance.

    Parameters
    ----------
    source, target
        ``(n, 3) float, mm``, paired row by row.
    weights
        ``(n,) float``, none negative; all one when not given.
    with_scale
        Also find one common scale factor.

    Returns
    -------
    (4, 4) float
        ``target ≈ T @ source``; a proper rotation, never a mirror image.

    Raises
    ------
    StageError
        With fewer than three pairs of positive weight.

    Notes
    -----
    Umeyama, IEEE TPAMI 1991, 13:376.
    """
    w = np.ones(len(source)) if weights is None else np.asarray(weights, dtype=np.float64)
    if int((w > 0).sum()) < 3:
        raise StageError("fewer than three point pairs cannot fix a motion", where="registration")
    w = w / w.sum()
    centre_s, centre_t = w @ source, w @ target
    s, t = source - centre_s, target - centre_t
    u, stretch, vt = np.linalg.svd(t.T @ (w[:, None] * s))
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * flip) @ vt
    scale = float((stretch * flip).sum() / (w @ (s * s).sum(axis=1))) if with_scale else 1.0
    matrix = np.eye(4)
    matrix[:3, :3] = scale * rotation
    matrix[:3, 3] = centre_t - scale * rotation @ centre_s
    return matrix


def rotation_from_vector(turn_rad: Floats) -> Floats:
    """Return the ``(3, 3)`` rotation by ``|turn|`` radians about ``turn`` (Rodrigues)."""
    angle = float(np.linalg.norm(turn_rad))
    if angle < 1e-15:
        return np.eye(3)
    x, y, z = turn_rad / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def icp(
    source: Points, target: Surface, *, start: Transform | None = None, iterations: int = 30, keep: float = 0.9
) -> tuple[Transform, float]:
    """Move points rigidly onto a surface by trimmed point-to-plane closest points.

    Parameters
    ----------
    source
        ``(n, 3) float, mm``.
    target
        The surface, mm.
    start
        ``(4, 4)`` first guess.
    iterations
        Most steps taken; it stops earlier when the motion dies away.
    keep
        Share of the closest pairs used, 0 to 1.

    Returns
    -------
    (4, 4) float, float
        Source to target, and the root mean square distance in mm of the pairs kept.

    Raises
    ------
    StageError
        With fewer than six source points.
    """
    if len(source) < 6:
        raise StageError("fewer than six points cannot be registered", where="registration")
    matrix = np.eye(4) if start is None else start.copy()
    rms_mm = np.inf
    count = max(6, round(keep * len(source)))
    for _ in range(iterations):
        moved = source @ matrix[:3, :3].T + matrix[:3, 3]
        near = target.nearest(moved)
        kept = np.argsort(near.distance_mm, kind="stable")[:count]
        p, q = moved[kept], near.points[kept]
        rms_mm = float(np.sqrt(np.mean(near.distance_mm[kept] ** 2)))
        normal = target.mesh.face_normals[near.faces[kept]]
        centre = p.mean(axis=0)
        rows = np.hstack([np.cross(p - centre, normal), normal])
        damping = 1e-9 * max(1.0, float((rows * rows).sum()))
        step = np.linalg.solve(rows.T @ rows + damping * np.eye(6), rows.T @ ((q - p) * normal).sum(axis=1))
        turn = np.eye(4)
        turn[:3, :3] = rotation_from_vector(step[:3])
        turn[:3, 3] = centre + step[3:] - turn[:3, :3] @ centre
        matrix = turn @ matrix
        if np.linalg.norm(step) < 1e-7:
            break
    return matrix, rms_mm
