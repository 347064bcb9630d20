"""Drawing a form out along its tooth until it meets the other jaw, as a raised bite asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh

from .contact import Opposite
from .form import Form

Floats = NDArray[np.float64]

FALL_MM = 1.2
"""Strip along the border of the new surface over which it rises to the full amount."""
REACH_MM = 12.0
"""A form farther than this from the other jaw meets nothing."""
MET_MM = 0.005
STEPS = 60


def drawn_out(form: Form, antagonist: Opposite, up: Floats) -> tuple[Form, float]:
    """Move the new surface along one direction until it just touches the other jaw.

    Each step goes as far as the least gap, which no step along any direction can overshoot.

    Parameters
    ----------
    form
        What may move, and how far (``new``).
    antagonist
        The other jaw.
    up
        ``(3,)``: unit direction toward it.

    Returns
    -------
    Form, float
        The form, and how far it was moved, mm; negative where it stood too high. Where nothing is opposite it stays.
    """
    share = _share(form)
    full = share > 0.99
    drawn = 0.0
    for _ in range(STEPS):
        points = form.mesh.vertices[full] + drawn * up
        gap = antagonist.gap_mm(points, REACH_MM)
        least = float(gap.min(initial=np.inf))
        if not np.isfinite(least) or abs(least) < MET_MM:
            break
        drawn += least
    if not np.isfinite(least) or abs(drawn) > REACH_MM:
        return form, 0.0
    moved = form.mesh.vertices + drawn * share[:, None] * up
    return Form(Mesh(moved, form.mesh.faces), form.new), drawn


def _share(form: Form) -> Floats:
    """1 in the middle of the new surface, 0 at its border and beyond, ``(n,)``."""
    from scipy.spatial import cKDTree

    old = form.new < 0.99
    if not old.any():
        return np.ones(len(old))
    away, _ = cKDTree(form.mesh.vertices[old]).query(form.mesh.vertices)
    t = np.clip(away / FALL_MM, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))
