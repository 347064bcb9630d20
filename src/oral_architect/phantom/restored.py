"""Crowns of metal or ceramic that replace a tooth's own: smoother cusps, shallower fissures, a little too wide."""

from __future__ import annotations

import numpy as np

from oral_architect.geometry.mesh import Mesh

from .ranges import span
from .sinking import neighbour_mean, smooth_step


def restored(crown: Mesh, rng: np.random.Generator) -> Mesh:
    """Return a crown with the flat anatomy of a restoration; every vertex stays, only its place changes.

    Parameters
    ----------
    crown
        Closed crown in the tooth frame, mm.
    rng
        Source of chance.
    """
    v = crown.vertices
    low, high = float(v[:, 2].min()), float(v[:, 2].max())
    height = (v[:, 2] - low) / (high - low)
    upper = smooth_step(height, 0.3, 0.6)
    mean = neighbour_mean(crown)
    moved = np.array(v)
    for _ in range(int(rng.uniform(*span("crown", "rounds", "attachment_ranges")))):
        moved += 0.6 * upper[:, None] * (mean @ moved - moved)
    top = moved[:, 2].max()
    moved[:, 2] += upper * (high - top)  # as high as its antagonist needs it
    bulk = rng.uniform(*span("crown", "bulk", "attachment_ranges"))
    middle = smooth_step(height, 0.05, 0.25)
    return Mesh(moved + bulk * middle[:, None] * Mesh(moved, crown.faces).vertex_normals, crown.faces)
