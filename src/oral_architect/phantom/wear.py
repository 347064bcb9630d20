"""Attrition: tilted facets on cusps, flattened incisal edges, cupped where dentine is bared."""

from __future__ import annotations

import numpy as np

from oral_architect.geometry.mesh import Mesh, Points
from oral_architect.teeth.fdi import is_anterior

from .crown_parts import CrownParts
from .cutting import frame_about, height_body, subtract
from .noise import waves
from .ranges import by_severity, draw, span

_GRID_MM = 0.17


def wear(parts: CrownParts, severity: float, form: str, rng: np.random.Generator) -> tuple[Mesh, dict[str, float]]:
    """Grind facets into a crown.

    Parameters
    ----------
    parts
        The intact crown.
    severity
        0 to 1, from 0.2 mm to 2 mm of loss.
    form
        ``"facets"`` on single cusps, ``"flat"`` over the whole biting surface.
    rng
        Source of chance.

    Returns
    -------
    Mesh, dict
        The worn crown and what was drawn.
    """
    depth = by_severity(rng, "wear", "depth", severity)
    if form == "flat" or is_anterior(parts.fdi):
        tips, tilt_scale = parts.cusps[:1], 0.5
    else:
        wanted = int(rng.integers(1, len(parts.cusps) + 1)) if len(parts.cusps) > 1 else 1
        tips, tilt_scale = rng.permutation(parts.cusps)[:wanted], 1.0
    depths = depth * np.concatenate([[1.0], rng.uniform(0.4, 1.0, len(tips) - 1)])
    cutters = [
        _facet(
            parts, parts.mesh.vertices[tip], d, draw(rng, "wear", "tilt") * tilt_scale, is_wide=len(tips) == 1, rng=rng
        )
        for tip, d in zip(tips, depths, strict=True)
    ]
    return subtract(parts.mesh, cutters), {"depth_mm": depth, "facets": float(len(cutters))}


def _facet(
    parts: CrownParts, tip: Points, depth: float, tilt_deg: float, *, is_wide: bool, rng: np.random.Generator
) -> Mesh:
    azimuth = rng.uniform(0, 2 * np.pi)
    tilt = np.deg2rad(tilt_deg)
    normal = np.array([np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)])
    axes = frame_about(normal)
    reach = parts.mesh.vertices @ normal
    half_width = float(np.max(parts.high_mm[:2] - parts.low_mm[:2])) / 2
    near = np.linalg.norm(parts.mesh.vertices[:, :2] - tip[:2], axis=1) < (half_width * 2 if is_wide else 1.5)
    top = float(reach[near].max())
    place = parts.mesh.vertices[near][int(np.argmax(reach[near]))]
    origin = place + axes[2] * (top - depth - float(place @ axes[2]))
    cut = (reach > top - depth) & (np.linalg.norm(parts.mesh.vertices - place, axis=1) < half_width * 2)
    uv = (parts.mesh.vertices[cut] - origin) @ axes[:2].T
    limit = np.inf if is_wide else 0.75 * depth + 1.1
    spread = float(np.linalg.norm(uv, axis=1).max()) if len(uv) else 1.0
    radius = min(spread, limit)
    middle = uv[np.linalg.norm(uv, axis=1) <= radius].mean(axis=0) if len(uv) else np.zeros(2)
    cup = draw(rng, "wear", "cupping_depth") if depth > span("wear", "cupping_from")[0] else 0.0
    rough, long_wave = waves(rng, 0.7), waves(rng, 3.0)

    def height(u: Points, v: Points) -> Points:
        r = np.hypot(u, v)
        from_middle = np.hypot(u - middle[0], v - middle[1]) / (0.62 * radius)
        flat = np.stack([u.ravel(), v.ravel(), np.zeros(u.size)], axis=1)
        unevenness = (0.012 * rough(flat) + 0.05 * long_wave(flat)).reshape(u.shape)
        bowl = -cup * np.clip(1 - from_middle**2, 0, 1) ** 0.7
        hollow = -0.04 * depth * np.clip(1 - (r / radius) ** 2, 0, 1)
        # A facet ends where its antagonist ends: outside it the grinding surface turns away from the tooth.
        lift = 0.0 if is_wide else np.clip(r - radius, 0, None) ** 2 * 2.5
        return np.asarray(bowl + hollow + unevenness + lift)

    edge = (np.full(2, radius) if not is_wide else np.abs(uv).max(axis=0)) + 1.0
    return height_body(origin, axes, np.stack([-edge, edge]), _GRID_MM, height)
