"""Fractures: a cusp, an incisal corner or an edge broken off along a rough, shell-like surface."""

from __future__ import annotations

import numpy as np

from oral_architect.geometry.mesh import Mesh, Points

from .crown_parts import CrownParts
from .cutting import Height, frame_about, height_body, subtract
from .noise import waves
from .ranges import by_severity, draw

_GRID_MM = 0.17


def fracture(parts: CrownParts, severity: float, form: str, rng: np.random.Generator) -> tuple[Mesh, dict[str, float]]:
    """Break a part off a crown.

    Parameters
    ----------
    parts
        The intact crown.
    severity
        0 to 1: how deep the break runs.
    form
        ``"cusp"``, ``"corner"`` (of an incisal edge) or ``"edge"``.
    rng
        Source of chance.

    Returns
    -------
    Mesh, dict
        The broken crown and what was drawn.
    """
    normal = _away(parts, form, rng)
    depth = min(by_severity(rng, "fracture", "depth", severity), 0.45 * parts.height_mm)
    reach = parts.mesh.vertices @ normal
    axes = frame_about(normal)
    tip = parts.mesh.vertices[int(np.argmax(reach))]
    origin = tip - axes[2] * depth
    lost = parts.mesh.vertices[reach > reach.max() - depth - 1.0]
    uv = (lost - origin) @ axes[:2].T
    roughness = draw(rng, "fracture", "roughness")
    box = np.stack([uv.min(axis=0), uv.max(axis=0)]) + np.array([[-0.8], [0.8]])
    cutter = height_body(origin, axes, box, _GRID_MM, _shell_surface(uv, roughness, depth, rng))
    return subtract(parts.mesh, [cutter]), {"depth_mm": depth, "roughness_mm": roughness}


def _away(parts: CrownParts, form: str, rng: np.random.Generator) -> Points:
    """Direction in which the lost part stood off from the tooth."""
    if form == "cusp" and len(parts.cusps):
        tip = parts.mesh.vertices[rng.choice(parts.cusps)]
        azimuth = np.arctan2(tip[1], tip[0]) + rng.normal(0, 0.25)
        lean = np.deg2rad(rng.uniform(35, 65))
    elif form == "corner":
        azimuth = rng.choice([0.0, np.pi]) + rng.normal(0, 0.2)
        lean = np.deg2rad(rng.uniform(30, 60))
    else:
        azimuth = rng.uniform(0, 2 * np.pi)
        lean = np.deg2rad(rng.uniform(0, 18))
    return np.array([np.sin(lean) * np.cos(azimuth), np.sin(lean) * np.sin(azimuth), np.cos(lean)])


def _shell_surface(uv: Points, roughness: float, depth: float, rng: np.random.Generator) -> Height:
    """Height of a conchoidal break: a shallow bowl with ripples about the place it was struck, and grain."""
    struck = uv[rng.integers(len(uv))]
    ripple_mm = rng.uniform(0.7, 1.3)
    coarse, middle, fine = waves(rng, 3.0), waves(rng, 1.0), waves(rng, 0.4)
    size = float(np.ptp(uv, axis=0).max())
    hollow = rng.uniform(0.0, 0.25) * min(depth, 2.0)

    def height(u: Points, v: Points) -> Points:
        flat = np.stack([u.ravel(), v.ravel(), np.zeros(u.size)], axis=1)
        r = np.hypot(u - struck[0], v - struck[1])
        grain = (1.6 * coarse(flat) + 0.8 * middle(flat) + 0.35 * fine(flat)).reshape(u.shape) * roughness
        ripples = roughness * 0.6 * np.cos(2 * np.pi * r / ripple_mm) * np.exp(-r / size)
        bowl = -hollow * np.clip(1 - (2 * r / size - 1) ** 2, 0, 1)
        return np.asarray(grain + ripples + bowl)

    return height
