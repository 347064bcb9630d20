"""Decayed hollows by Black's classes: lobed, undermined openings with uneven edges."""

from __future__ import annotations

import numpy as np

from oral_architect.geometry.mesh import Mesh, Points

from .crown_parts import CrownParts
from .cutting import blob, subtract
from .ranges import by_severity

CLASSES = ("I", "II", "III", "IV", "V")
"""Black's classes: I occlusal, II proximal of back teeth, III and IV of front teeth, V cervical."""


def cavity(
    parts: CrownParts, severity: float, form: str, side: str, rng: np.random.Generator
) -> tuple[Mesh, dict[str, float]]:
    """Hollow a crown out.

    Parameters
    ----------
    parts
        The intact crown.
    severity
        0 to 1.
    form
        Black's class, ``"I"`` to ``"V"``.
    side
        ``"M"`` or ``"D"`` for classes II to IV, ``"B"`` or ``"L"`` for class V; class I has none.
    rng
        Source of chance.

    Returns
    -------
    Mesh, dict
        The decayed crown and what was drawn.
    """
    size = min(by_severity(rng, "cavity", "opening_radius", severity), 0.3 * float(_half(parts).min()) + 0.45)
    depth = min(by_severity(rng, "cavity", "depth", severity), 0.38 * parts.height_mm)
    if form == "V":
        depth = by_severity(rng, "cavity", "cervical_depth", severity)
    make = {"I": _occlusal, "II": _proximal, "III": _proximal_front, "IV": _corner, "V": _cervical}[form]
    lobes = make(parts, size, depth, side, rng)
    return subtract(parts.mesh, lobes), {"depth_mm": depth, "opening_radius_mm": size, "lobes": float(len(lobes))}


def _half(parts: CrownParts) -> Points:
    return np.asarray((parts.high_mm - parts.low_mm)[:2] / 2)


def _surface_height(parts: CrownParts, xy: Points) -> float:
    """Height of the biting surface above a place in the occlusal plane."""
    v, n = parts.mesh.vertices, parts.mesh.vertex_normals
    up = v[n[:, 2] > 0.2]
    nearest = np.argsort(np.linalg.norm(up[:, :2] - xy, axis=1), kind="stable")[:4]
    return float(up[nearest, 2].mean())


def _lobe(center: Points, radii: Points, size: float, rng: np.random.Generator, turn: float = 0.0) -> Mesh:
    c, s = np.cos(turn), np.sin(turn)
    axes = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]])
    return blob(center, axes, radii, min(0.09 * size + 0.02, 0.12), rng)


def _under_surface(parts: CrownParts, xy: Points, size: float, depth: float, rng: np.random.Generator) -> Mesh:
    """A lobe whose widest part lies below its opening, as decay spreads along the dentine."""
    half_height = max(0.55 * depth, 0.3)
    sunk = _surface_height(parts, xy) - depth + half_height
    return _lobe(np.array([*xy, sunk]), np.array([size, size * rng.uniform(0.75, 1.1), half_height]), size, rng)


def _occlusal(parts: CrownParts, size: float, depth: float, side: str, rng: np.random.Generator) -> list[Mesh]:
    half = _half(parts)
    along = np.linspace(-1, 1, int(rng.integers(1, 4)) + 1)[: int(rng.integers(1, 4))] * rng.uniform(0.1, 0.42)
    places = [np.array([a * half[0], rng.normal(0, 0.1) * half[1]]) for a in along]
    return [_under_surface(parts, p, size * rng.uniform(0.7, 1.0), depth * rng.uniform(0.7, 1.0), rng) for p in places]


def _proximal(parts: CrownParts, size: float, depth: float, side: str, rng: np.random.Generator) -> list[Mesh]:
    """A box behind the marginal ridge, open to the neighbour, and a step along the fissure."""
    half, towards = _half(parts), 1.0 if side == "M" else -1.0
    edge = parts.high_mm[0] if side == "M" else parts.low_mm[0]
    y = rng.normal(0, 0.12) * half[1]
    ridge = _surface_height(parts, np.array([edge - towards * 0.9, y]))
    reach = min(depth * 1.3, ridge - parts.low_mm[2] - 0.3 * parts.height_mm)
    in_wards = 0.5 * size + 0.5
    centers = [np.array([edge - towards * 0.15 * in_wards, y, ridge - reach * f]) for f in (0.1, 0.62)]
    box = [_lobe(c, np.array([in_wards + 0.5, size * 1.05, max(reach * 0.5, 0.5)]), size, rng) for c in centers]
    step = _under_surface(parts, np.array([edge - towards * (0.55 * half[0]), y]), size * 0.9, depth * 0.75, rng)
    return [*box, step]


def _proximal_front(parts: CrownParts, size: float, depth: float, side: str, rng: np.random.Generator) -> list[Mesh]:
    height = parts.low_mm[2] + parts.height_mm * rng.uniform(0.5, 0.68)
    return [_from_side(parts, side, height, np.array([min(depth, 1.6), size * 0.9, size * 1.1]), rng)]


def _corner(parts: CrownParts, size: float, depth: float, side: str, rng: np.random.Generator) -> list[Mesh]:
    high = parts.high_mm[2] - 0.7 * size
    radii = np.array([min(depth, 2.0), size * 1.6, size * 1.2])
    return [
        _from_side(parts, side, high - 0.9 * size, radii, rng),
        _from_side(parts, side, high + 0.6 * size, radii * np.array([0.9, 1.0, 1.0]), rng),
    ]


def _cervical(parts: CrownParts, size: float, depth: float, side: str, rng: np.random.Generator) -> list[Mesh]:
    """A kidney along the gingival margin: lobes side by side, following the scallop."""
    width = float(_half(parts)[0]) * rng.uniform(0.25, 0.6)
    rise = max(0.55 * size, 0.4)
    lobes = []
    for x in np.linspace(-width, width, 3):
        y = parts.high_mm[1] if side == "B" else parts.low_mm[1]
        foot = float(parts.rim_mm(np.array([[x, y, 0.0]]))[0]) + parts.gingiva_mm
        height = foot + rise * rng.uniform(1.0, 1.4)
        lobes.append(_from_side(parts, side, height, np.array([depth, max(width * 0.62, 0.5), rise]), rng, across=x))
    return lobes


def _from_side(
    parts: CrownParts, side: str, height: float, radii: Points, rng: np.random.Generator, *, across: float = 0.0
) -> Mesh:
    """A lobe that enters from a side: ``radii`` are inwards, across and upwards; half of it lies outside."""
    along = {"M": (1.0, 0.0), "D": (-1.0, 0.0), "B": (0.0, 1.0), "L": (0.0, -1.0)}[side]
    outward = np.array([*along, 0.0])
    sideways = np.array([abs(along[1]), abs(along[0]), 0.0])
    v = parts.mesh.vertices
    facing = v[parts.mesh.vertex_normals @ outward > 0.2]
    nearest = np.argsort(np.hypot(facing[:, 2] - height, facing @ sideways - across), kind="stable")[:6]
    skin = float(np.median(facing[nearest] @ outward))
    center = outward * (skin - 0.08 * radii[0]) + sideways * across + np.array([0, 0, height])
    axes = np.stack([outward, np.cross([0, 0, 1.0], outward), [0, 0, 1.0]])
    return blob(center, axes, radii, min(0.06 * float(radii.mean()) + 0.02, 0.1), rng)
