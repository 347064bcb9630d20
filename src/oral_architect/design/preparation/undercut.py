"""How deep places of a die lie in its own shade when it is looked at along an axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from oral_architect.geometry import Mask, Mesh, Points
from oral_architect.geometry.rays import Target

from .axes_frame import upright_frame

Floats = NDArray[np.float64]

_LIFT_MM = 0.005
_DEEPEST_MM = 3.0
_COARSE_MM = 0.1
_HALVINGS = 6
_DIRECTIONS = 16
_SPOT_MM2 = 0.1
"""A shaded patch smaller than this is roughness or a sliver."""
_GRAZE_MM = 0.01
"""A wall parallel to the axis shades itself by the roughness of the scan; less than this is no undercut."""


def undercut_mm(die: Mesh, axis: Floats) -> Floats:
    """Measure how far each vertex would have to move sideways to be seen along the axis.

    The depth of an undercut, as a block-out material would have to fill it: the least distance across the axis from
    the vertex to a vertical that does not meet the die above it.

    Parameters
    ----------
    die
        The prepared surface, mm.
    axis
        ``(3,)``: unit vector toward the viewer.

    Returns
    -------
    (vertices,) float, mm
        0 where the vertex is seen.
    """
    target = Target(die)
    # off the surface a little, so that a face does not shade its own corner
    starts = die.vertices + _LIFT_MM * (die.vertex_normals + axis)
    depth = np.zeros(len(starts))
    shaded = np.flatnonzero(_covered(target, starts, axis))
    if len(shaded) == 0:
        return depth
    first, second = upright_frame(axis)
    angle = np.arange(_DIRECTIONS) / _DIRECTIONS * 2 * np.pi
    fan = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    normals = die.vertex_normals[shaded]
    least = np.full(len(shaded), _DEEPEST_MM)
    for direction in fan:
        # the way out leads where the surface faces
        ways = np.flatnonzero(normals @ direction > 0.3)
        if len(ways):
            found = _way_out(target, starts[shaded[ways]], direction, axis)
            least[ways] = np.minimum(least[ways], found)
    depth[shaded] = np.where(least > _GRAZE_MM, least, 0.0)
    return _believable(die, depth)


def _believable(die: Mesh, depth: Floats) -> Floats:
    """Drop lone spots, and let a border vertex, where faces are slivers, lie no deeper than its inner neighbours."""
    at_rim = np.zeros(len(depth), dtype=bool)
    at_rim[die.open_edges.ravel()] = True
    edges, _ = die.edge_table
    deepest = np.zeros(len(depth))
    for a, b in ((0, 1), (1, 0)):
        inner = ~at_rim[edges[:, b]]
        np.maximum.at(deepest, edges[inner, a], depth[edges[inner, b]])
    depth = np.where(at_rim, np.minimum(depth, deepest), depth)
    joined = edges[(depth[edges] > 0).all(axis=1)]
    n = len(depth)
    _, patch = connected_components(
        coo_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=(n, n)), directed=False
    )
    own_mm2 = np.bincount(die.faces.ravel(), weights=np.repeat(die.face_areas / 3, 3), minlength=n)
    size_mm2 = np.bincount(patch, weights=own_mm2)
    return np.where(size_mm2[patch] > _SPOT_MM2, depth, 0.0)


def _covered(target: Target, points: Points, axis: Floats) -> Mask:
    """Whether something lies above each point."""
    distance, _ = target.first_hit(points, np.broadcast_to(axis, points.shape))
    return np.isfinite(distance)


def _way_out(target: Target, points: Points, direction: Floats, axis: Floats) -> Floats:
    """Shortest step in one direction after which nothing lies above, ``(n,) mm``."""
    n = len(points)
    low, high = np.zeros(n), np.full(n, _DEEPEST_MM)
    open_ = np.arange(n)
    for step in np.arange(_COARSE_MM, _DEEPEST_MM, _COARSE_MM):
        free = ~_covered(target, points[open_] + step * direction, axis)
        high[open_[free]] = step
        low[open_[~free]] = step
        open_ = open_[~free]
        if len(open_) == 0:
            break
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        covered = _covered(target, points + middle[:, None] * direction, axis)
        low, high = np.where(covered, middle, low), np.where(covered, high, middle)
    return high
