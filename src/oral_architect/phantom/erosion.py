"""Loss over whole surfaces: acid erosion with its cupped cusps, and generalised thinning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry.mesh import Mesh, Points

from .crown_parts import CrownParts
from .noise import waves
from .ranges import by_severity, draw
from .refine import refine
from .sinking import sink, smooth_step

_EDGE_MM = 0.36
_CUP_EDGE_MM = 0.22


def erosion(
    parts: CrownParts, severity: float, surfaces: tuple[str, ...], rng: np.random.Generator
) -> tuple[Mesh, dict[str, float]]:
    """Dissolve surfaces smoothly: rounded edges, cups at the cusps, an enamel rim along the gingiva.

    Parameters
    ----------
    parts
        The intact crown.
    severity
        0 to 1.
    surfaces
        Letters of the surfaces that were attacked.
    rng
        Source of chance.

    Returns
    -------
    Mesh, dict
        The eroded crown and what was drawn.
    """
    depth = by_severity(rng, "erosion", "depth", severity)
    rim = draw(rng, "erosion", "rim_width")
    tips = parts.mesh.vertices[parts.cusps] if set(surfaces) & {"O", "I"} else np.zeros((0, 3))
    cups = [(t, by_severity(rng, "erosion", "cup_depth", severity), draw(rng, "erosion", "cup_radius")) for t in tips]

    def edge_length(points: Points) -> NDArray[np.float64]:
        wanted = np.full(len(points), _EDGE_MM)
        for tip, _, radius in cups:
            wanted[np.linalg.norm(points - tip, axis=1) < 1.4 * radius] = _CUP_EDGE_MM
        return np.where(parts.above_gingiva_mm(points) > 0.0, wanted, np.inf)

    mesh = refine(parts.mesh, edge_length)
    field = waves(rng, 4.0)
    amount = _soft_share(parts, mesh, surfaces) * np.clip(0.75 + 0.3 * field(mesh.vertices), 0.15, 1.4)
    # Plaque and crevicular fluid buffer the acid along the gingiva: an intact rim with a shoulder above it remains.
    shoulder = smooth_step(parts.above_gingiva_mm(mesh.vertices), rim, rim + 0.25)
    sunk = sink(parts, mesh, depth * amount * shoulder, smoothing=0.5)
    if cups:
        cup_depth = np.zeros(len(mesh.vertices))
        for tip, cup, radius in cups:
            r = np.linalg.norm(mesh.vertices[:, :2] - tip[:2], axis=1)
            facing = smooth_step(mesh.vertex_normals[:, 2], 0.1, 0.5)
            cup_depth = np.maximum(cup_depth, cup * np.clip(1 - (r / radius) ** 2, 0, 1) ** 0.8 * facing)
        sunk = sink(parts, sunk, cup_depth * shoulder, steps=3, smoothing=0.25)
    return sunk, {"depth_mm": depth, "rim_mm": rim, "cups": float(len(cups))}


def thinning(parts: CrownParts, severity: float, rng: np.random.Generator) -> tuple[Mesh, dict[str, float]]:
    """Thin the enamel everywhere above the gingiva and leave it rough, as in amelogenesis imperfecta.

    Parameters
    ----------
    parts
        The intact crown.
    severity
        0 to 1.
    rng
        Source of chance.

    Returns
    -------
    Mesh, dict
        The thinned crown and what was drawn.
    """
    depth = by_severity(rng, "thinning", "depth", severity)
    roughness = min(draw(rng, "thinning", "roughness"), 0.4 * depth)
    mesh = refine(parts.mesh, lambda p: np.where(parts.above_gingiva_mm(p) > -0.2, _EDGE_MM, np.inf))
    coarse, fine = waves(rng, 1.5), waves(rng, 0.7)
    rough = np.clip(0.7 * coarse(mesh.vertices) + 0.7 * fine(mesh.vertices), -2.0, 2.0) * roughness
    covered = smooth_step(parts.above_gingiva_mm(mesh.vertices), 0.0, 0.5)
    amount = covered * np.clip(depth + rough, 0.05, None)
    return sink(parts, mesh, amount, smoothing=0.12), {"depth_mm": depth, "roughness_mm": roughness}


def _soft_share(parts: CrownParts, mesh: Mesh, surfaces: tuple[str, ...]) -> NDArray[np.float64]:
    """1 on the attacked surfaces, falling off over about a millimetre into their neighbours."""
    from .sinking import neighbour_mean

    chosen = CrownParts(mesh, parts.fdi).vertex_surfaces
    share = np.isin(chosen, surfaces).astype(np.float64)
    mean = neighbour_mean(mesh)
    for _ in range(8):
        share = 0.3 * share + 0.7 * (mean @ share)
    return np.where(share > 0.04, share, 0.0)
