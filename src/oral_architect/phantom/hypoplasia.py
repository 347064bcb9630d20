"""Enamel that never formed: pits, horizontal grooves, and bands of both along the growth lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oral_architect.geometry.mesh import Mesh, Points

from .crown_parts import CrownParts
from .noise import Waves, waves
from .ranges import by_severity, draw
from .refine import refine
from .sinking import sink, smooth_step

_FINEST_MM = 0.09
_COARSEST_MM = 0.25


def hypoplasia(
    parts: CrownParts, severity: float, form: str, rng: np.random.Generator
) -> tuple[Mesh, dict[str, float]]:
    """Leave pits or grooves in a crown.

    Parameters
    ----------
    parts
        The intact crown.
    severity
        0 to 1.
    form
        ``"pits"`` anywhere, ``"grooves"`` around the crown, ``"bands"`` of pits with a shallow groove.
    rng
        Source of chance.

    Returns
    -------
    Mesh, dict
        The crown as it formed and what was drawn.
    """
    levels = _levels(parts, rng) if form != "pits" else []
    if form == "bands":
        levels = [(z, width * 1.6, depth * 0.5) for z, width, depth in levels]
    wander = waves(rng, 4.0)
    pits = _pits(parts, severity, levels, wander, rng) if form != "grooves" else None

    def sides(points: Points) -> NDArray[np.float64]:
        # Growth lines reach the surface on the sides of a crown; over the cusps they lie beneath it.
        return 1 - smooth_step(
            points[:, 2], parts.high_mm[2] - 0.34 * parts.height_mm, parts.high_mm[2] - 0.2 * parts.height_mm
        )

    def depth_at(points: Points) -> NDArray[np.float64]:
        depth = np.zeros(len(points))
        for z, width, groove in levels:
            away = (_growth_height(parts, points, wander) - z) / (0.5 * width)
            depth = np.maximum(depth, groove * np.clip(1 - away**2, 0, 1) * sides(points))
        if pits is not None:
            depth += pits.depth_at(points)
        return depth * smooth_step(parts.above_gingiva_mm(points), 0.05, 0.3)

    def edge_length(points: Points) -> NDArray[np.float64]:
        wanted = np.full(len(points), np.inf)
        for z, width, _ in levels:
            near = (np.abs(_growth_height(parts, points, wander) - z) < 0.5 * width + 0.1) & (sides(points) > 0)
            wanted[near] = np.clip(width / 3, 1.5 * _FINEST_MM, _COARSEST_MM)
        return wanted if pits is None else np.minimum(wanted, pits.edge_length(points))

    mesh = refine(parts.mesh, edge_length, passes=3)
    drawn = {"pits": float(0 if pits is None else len(pits.radii)), "grooves": float(len(levels))}
    depth = depth_at(mesh.vertices)
    drawn["depth_mm"] = float(depth.max())
    return sink(parts, mesh, depth, steps=2), drawn


class _Pits:
    """Round holes on a surface."""

    def __init__(self, centers: Points, radii: NDArray[np.float64], depths: NDArray[np.float64]) -> None:
        self.tree, self.radii, self.depths = cKDTree(centers), radii, depths
        self.many = min(3, len(radii))

    def _near(self, points: Points) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        distance, index = self.tree.query(points, k=self.many)
        return np.reshape(distance, (len(points), -1)), np.reshape(index, (len(points), -1))

    def depth_at(self, points: Points) -> NDArray[np.float64]:
        distance, index = self._near(points)
        bowls = self.depths[index] * np.clip(1 - (distance / self.radii[index]) ** 2, 0, 1)
        return np.asarray(bowls.max(axis=1))

    def edge_length(self, points: Points) -> NDArray[np.float64]:
        distance, index = self._near(points)
        wanted = np.clip(self.radii[index] * 0.4, _FINEST_MM, _COARSEST_MM)
        return np.asarray(np.where(distance < self.radii[index] + 0.2, wanted, np.inf).min(axis=1))


def _growth_height(parts: CrownParts, points: Points, wander: Waves) -> NDArray[np.float64]:
    """Height along which enamel of one age lies: it follows the cervix below and flattens towards the top."""
    above = points[:, 2] - parts.rim_mm(points)
    rise = above / np.maximum(parts.high_mm[2] - parts.rim_mm(points), 1.0)
    return np.asarray(rise * 0.85 * parts.height_mm + 0.08 * wander(points))


def _levels(parts: CrownParts, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    count = int(rng.integers(1, 4))
    heights = 0.85 * parts.height_mm * np.sort(rng.uniform(0.2, 0.62, count))
    levels = []
    for z in heights:
        width, depth = draw(rng, "hypoplasia", "groove_width"), draw(rng, "hypoplasia", "groove_depth")
        levels.append((float(z), width, min(depth, 0.5 * width)))
    return levels


def _pits(
    parts: CrownParts,
    severity: float,
    levels: list[tuple[float, float, float]],
    wander: Waves,
    rng: np.random.Generator,
) -> _Pits:
    v = parts.mesh.vertices
    allowed = (parts.above_gingiva_mm(v) > 0.4) & (parts.vertex_surfaces != "")
    if levels:
        height = _growth_height(parts, v, wander)
        in_band = np.any([np.abs(height - z) < 0.5 * w for z, w, _ in levels], axis=0)
        allowed = allowed & in_band if (allowed & in_band).any() else allowed
    count = round(by_severity(rng, "hypoplasia", "pit_count", severity))
    faces = parts.mesh.faces[allowed[parts.mesh.faces].any(axis=1)]
    chosen = v[faces[rng.integers(len(faces), size=count)]]
    centers = (chosen * rng.dirichlet((1.0, 1.0, 1.0), size=count)[:, :, None]).sum(axis=1)
    diameters = np.array([draw(rng, "hypoplasia", "pit_diameter") for _ in range(count)]) * (0.5 + 0.5 * severity)
    depths = np.array([draw(rng, "hypoplasia", "pit_depth") for _ in range(count)])
    return _Pits(centers, diameters / 2, np.minimum(depths, 0.7 * diameters))
