"""Signed distance maps of a restoration: to the other jaw at rest and on its ways, and to the neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh

from .arrangement import Surroundings
from .facing import Facing

FAR_MM = 2.0
"""Distances are followed no further; what is farther, or not seen, has this value."""


def distance_maps(mesh: Mesh, around: Surroundings) -> dict[str, NDArray[np.float32]]:
    """Return the distance of every vertex of a restored tooth to what it may meet.

    Parameters
    ----------
    mesh
        The restored tooth's outer surface, patient frame, mm.
    around
        What surrounds it.

    Returns
    -------
    dict
        ``neighbours``, ``intercuspation`` and ``excursions`` (least over all places of all ways), as far as known: each
        ``(vertices,) float32, mm``, negative in an overlap, at most ``FAR_MM``.
    """
    maps: dict[str, list[Facing]] = {"neighbours": [Facing(side, other) for side, other in around.sides()]}
    if around.antagonist is not None:
        maps["intercuspation"] = [Facing("bite", around.antagonist)]
        if around.movements is not None:
            maps["excursions"] = [f for _, f in around.movements.facings(around.fdi, around.antagonist)]
    return {name: _least(mesh, facings) for name, facings in maps.items() if facings}


def _least(mesh: Mesh, facings: list[Facing]) -> NDArray[np.float32]:
    least = np.full(len(mesh.vertices), FAR_MM)
    for facing in facings:
        least = np.minimum(least, facing.gap_mm(mesh.vertices, FAR_MM))
    return np.asarray(least, dtype=np.float32)
