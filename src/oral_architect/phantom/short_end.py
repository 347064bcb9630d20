"""Scans that stop at the last tooth: no room for the scanner behind it, part of crown and gum unseen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oral_architect.geometry.mesh import Mesh

from .noise import waves
from .partial import arch_row
from .scanner_sight import main_faces

_BEYOND_MM = -1.5, 6.0
"""Where the scan ends, from the centre of the last tooth on: a molar reaches to about 5 mm."""
_GUM_MM = 0.2, 3.0
"""How far the gum beside the last tooth is seen from the tooth on."""
_REGION_MM = 9.0
"""Gum within this of the last tooth's centre, along the arch, is concerned."""
_RAGGED_MM = 0.9
_LEAST_PIECE = 0.05


def end_short(
    mesh: Mesh, labels: NDArray[np.int16], rng: np.random.Generator, rate: float = 0.7
) -> tuple[Mesh, NDArray[np.int16]]:
    """Return a scan of which one or both ends stop at the last tooth, with its labels.

    Parameters
    ----------
    mesh
        A scan, LPS, mm.
    labels
        ``(n,) int``: FDI per vertex, 0 gingiva.
    rng
        Source of chance.
    rate
        Probability of each end to be short.

    Returns
    -------
    Mesh, (k,) int
        The scan as it was when it has no more than three teeth.
    """
    row = arch_row(mesh, labels)
    if row is None:
        return mesh, labels
    along = row.along(mesh.vertices)
    ragged = _RAGGED_MM * rng.uniform(0.2, 1) * waves(rng, 4.0)(mesh.vertices)
    from_tooth, _ = cKDTree(mesh.vertices[labels > 0]).query(mesh.vertices, workers=1)
    keep = np.ones(len(labels), dtype=bool)
    for end, side in ((row.at[0], -1), (row.at[-1], 1)):
        if rng.random() > rate:
            continue
        beyond = side * (along - end)
        bare = (labels == 0) & (np.abs(beyond) < _REGION_MM) & (from_tooth + ragged > rng.uniform(*_GUM_MM))
        keep &= ~bare & (beyond + ragged < rng.uniform(*_BEYOND_MM))
    faces = main_faces(mesh, np.asarray(keep[mesh.faces].all(axis=1)), _LEAST_PIECE)
    part, kept = mesh.part(faces)
    return part, labels[kept]
