"""Cutting away what bending a form could not clear."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points

from ..form import Form
from .facing import Facing, faces_near, samples_on

Floats = NDArray[np.float64]

PASSES = 6
_LEAST_MM = 0.001
_SPARED_MM = (0.3, 0.7)
"""Radius about a place to be spared in which nothing is cut, and from which on all is."""


def cut(form: Form, facings: list[tuple[Facing, float]], spared: Points | None = None) -> tuple[Form, float]:
    """Take away what reaches too far into what a form faces.

    Parameters
    ----------
    form
        The form; only where it is new at all.
    facings
        What it faces, and the gap it shall keep, mm (negative allows an overlap).
    spared
        ``(k, 3) mm``: places, such as contacts, about which nothing is cut.

    Returns
    -------
    Form, float
        The cut form, and how much was taken at the most, mm.
    """
    start = form.mesh.vertices
    mesh = form.mesh
    share = _spared(start, spared) * (form.new > 0)
    for facing, least_mm in facings:
        faces = faces_near(mesh, facing, form.new, max(0.3, least_mm + 0.1))
        if len(faces) == 0:
            continue
        for _ in range(PASSES):
            samples = samples_on(mesh, faces, facing, least_mm + 0.05)
            gap, away = facing.look(samples.of(mesh.vertices))
            lack = np.where(np.isfinite(gap), least_mm - gap, 0.0)
            deep = np.flatnonzero(lack > _LEAST_MM)
            deep = deep[np.argsort(lack[deep], kind="stable")]
            move = np.zeros_like(mesh.vertices)
            # the deepest sample of a corner's faces comes last and decides
            for k in range(3):
                reached = samples.weights[deep, k] > 0
                move[samples.corners[deep[reached], k]] = (lack[deep, None] * away[deep])[reached]
            move *= share[:, None]
            if float(np.abs(move).max(initial=0.0)) < _LEAST_MM:
                break
            mesh = Mesh(mesh.vertices + move, mesh.faces)
    taken = float(np.linalg.norm(mesh.vertices - start, axis=1).max(initial=0.0))
    return (replace(form, mesh=mesh), taken) if taken > 0 else (form, 0.0)


def _spared(points: Points, spared: Points | None) -> Floats:
    if spared is None or len(spared) == 0:
        return np.ones(len(points))
    from scipy.spatial import cKDTree

    away, _ = cKDTree(spared).query(points)
    return np.clip((away - _SPARED_MM[0]) / (_SPARED_MM[1] - _SPARED_MM[0]), 0.0, 1.0)
