"""Where a scanned crown lacks substance against its expected form: loss at each vertex, and connected regions of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mask, Mesh
from oral_architect.geometry.closest import Surface

from .fit import near_border
from .thresholds import threshold

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Comparison:
    """A crown against its expected form, both in one frame.

    ``loss_mm`` ``(n,)`` at the crown's vertices, positive where substance is missing, and ``sd_mm`` ``(n,)`` of the
    expected surface there; ``judged`` ``(n,) bool`` where a difference may be believed; ``area_mm2`` ``(n,)`` of
    surface that belongs to each vertex.
    """

    crown: Mesh
    expected: Mesh
    loss_mm: Floats
    sd_mm: Floats
    judged: Mask
    area_mm2: Floats


def compare(crown: Mesh, expected: Mesh, expected_sd_mm: Floats, closed: Mask) -> Comparison:
    """Measure the loss at each vertex of a scanned crown.

    Parameters
    ----------
    crown
        Scanned surface, open, mm.
    expected
        Closed expected crown, same frame.
    expected_sd_mm
        ``(m,)`` at the expected crown's points.
    closed
        ``(m,) bool``: its points that stand for no tooth surface.
    """
    surface = Surface(expected)
    near = surface.nearest(crown.vertices)
    loss = -surface.signed(crown.vertices, near)
    sheet = closed[expected.faces[near.faces]].any(axis=1)
    used = np.zeros(len(crown.vertices), dtype=np.bool_)
    used[crown.faces] = True
    judged = used & ~sheet & ~near_border(crown, crown.vertices, threshold("border"))
    area = np.zeros(len(crown.vertices))
    for corner in range(3):
        area += np.bincount(crown.faces[:, corner], weights=crown.face_areas / 3, minlength=len(area))
    sd = surface.interpolate(expected_sd_mm, near)
    return Comparison(crown, expected, np.where(sheet, np.minimum(loss, 0.0), loss), sd, judged, area)


def regions(comparison: Comparison, noise_mm: float) -> Ints:
    """Label connected places of believed loss: ``(n,) int`` per crown vertex, 0 for none, then 1, 2, … by size.

    A region starts where the loss stands out of the noise and of the expected surface's own uncertainty, and grows
    to a share of that depth.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    c = comparison
    start = np.maximum(
        max(threshold("seed_depth"), threshold("seed_noise_multiple") * noise_mm),
        threshold("seed_expected_multiple") * c.sd_mm,
    )
    grown = (c.loss_mm > threshold("grow_share") * start) & (c.area_mm2 > 0)
    seed = c.judged & (c.loss_mm > start)
    edges = c.crown.edge_table[0]
    linked = edges[grown[edges[:, 0]] & grown[edges[:, 1]]]
    n = len(grown)
    graph = coo_matrix((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    part = np.asarray(part, dtype=np.int64)
    area = np.bincount(part, weights=np.where(grown, c.area_mm2, 0.0))
    volume = np.bincount(part, weights=np.where(grown, c.area_mm2 * c.loss_mm, 0.0))
    seeded = np.bincount(part, weights=np.where(seed, c.area_mm2, 0.0)) > 0.1 * threshold("region_area_min")
    kept = seeded & (area >= threshold("region_area_min")) & (volume >= threshold("region_volume_min"))
    kept &= np.bincount(part, weights=grown.astype(float)) > 0
    order = [i for i in np.argsort(-area, kind="stable") if kept[i]]
    rank = np.zeros(len(area), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return np.where(grown, rank[part], 0)


def noise_of(comparisons: list[Comparison]) -> float:
    """Return the spread of small differences on sound surface, mm: 1.4826 times the median absolute loss."""
    values = [np.abs(c.loss_mm[c.judged & (np.abs(c.loss_mm) < threshold("seed_depth"))]) for c in comparisons]
    joined = np.concatenate(values) if values else np.zeros(0)
    return float(1.4826 * np.median(joined)) if len(joined) else 0.0
