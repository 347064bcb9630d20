"""What a technician measures on a die: taper, abutment height, wall all around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oral_architect.geometry import Mesh, Points

from .walls import wall_normals

Floats = NDArray[np.float64]

_SECTORS = 72
_OPPOSITE_DEG = 35.0
"""A wall is what faces within this angle of mesial, distal, buccal or lingual."""
_WALL_DEG = 45.0
"""Walls are inclined less than this to the axis."""
_SECTOR_TOP = 0.99


@dataclass(frozen=True)
class DieMeasures:
    """Numbers of a die.

    Parameters
    ----------
    taper_md_deg, taper_bl_deg
        Total occlusal convergence between the mesial and distal, and between the buccal and lingual walls: the sum of
        the inclinations of the two walls to the insertion axis (Goodacre, Campagni, Aquilino, J Prosthet Dent 2001;
        85:363). ``None`` where a wall is missing.
    wall_deg
        Inclination of each wall to the axis: mesial, distal, buccal, lingual; negative leans out, an undercut.
    height_mm
        From the mean height of the finish line to the top, along the axis.
    wall_mm
        Height of the wall at its lowest place around the tooth: what a ferrule has to hold on to where the die is
        sound tooth substance.
    wall_at
        ``(3,) mm``: the finish line where the wall is lowest.
    """

    taper_md_deg: float | None
    taper_bl_deg: float | None
    wall_deg: tuple[float | None, float | None, float | None, float | None]
    height_mm: float
    wall_mm: float
    wall_at: tuple[float, float, float]

    @property
    def taper_deg(self) -> float:
        """Mean of the convergences that could be measured; 0 when none could."""
        known = [x for x in (self.taper_md_deg, self.taper_bl_deg) if x is not None]
        return float(np.mean(known)) if known else 0.0


def measure(die: Mesh, finish_line: Points, axis: Floats, mesial: Floats, buccal: Floats) -> DieMeasures:
    """Measure a die.

    Parameters
    ----------
    die
        Prepared surface, mm.
    finish_line
        ``(k, 3) mm``.
    axis, mesial, buccal
        ``(3,)``: insertion axis and the tooth's directions.
    """
    mesial, buccal = _level(mesial, axis), _level(buccal, axis)
    normals = wall_normals(die, finish_line, axis)
    walls = tuple(_wall_deg(normals, axis, way) for way in (mesial, -mesial, buccal, -buccal))
    height = float((die.vertices @ axis).max() - (finish_line @ axis).mean())
    least, at = _least_wall(die, finish_line, axis)
    place = finish_line[at]
    return DieMeasures(
        taper_md_deg=_sum(walls[0], walls[1]),
        taper_bl_deg=_sum(walls[2], walls[3]),
        wall_deg=(walls[0], walls[1], walls[2], walls[3]),
        height_mm=height,
        wall_mm=least,
        wall_at=(float(place[0]), float(place[1]), float(place[2])),
    )


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def _level(direction: Floats, axis: Floats) -> Floats:
    flat = direction - (direction @ axis) * axis
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-9))


def _wall_deg(normals: Floats, axis: Floats, way: Floats) -> float | None:
    """Median inclination of the walls that face one way; ``None`` where there is none."""
    lean = np.arcsin(np.clip(normals @ axis, -1, 1))
    faces_way = normals @ way > np.cos(np.deg2rad(_OPPOSITE_DEG)) * np.cos(lean)
    return float(np.rad2deg(np.median(lean[faces_way]))) if faces_way.any() else None


def _least_wall(die: Mesh, finish_line: Points, axis: Floats) -> tuple[float, int]:
    """Least height of the die over the finish line, by sectors around the axis, and the line's point there."""
    middle = finish_line.mean(axis=0)
    first = _level(finish_line[0] - middle, axis)
    second = np.cross(axis, first)

    def sector(points: Points) -> NDArray[np.int64]:
        angle = np.arctan2((points - middle) @ second, (points - middle) @ first)
        return np.asarray(np.floor((angle / (2 * np.pi) % 1.0) * _SECTORS).astype(np.int64) % _SECTORS)

    lean = np.rad2deg(np.arcsin(np.clip(die.vertex_normals @ axis, -1, 1)))
    heights, of = die.vertices @ axis, sector(die.vertices)
    line_heights, line_of = finish_line @ axis, sector(finish_line)
    best, at = np.inf, 0
    for k in range(_SECTORS):
        near = np.isin(of, [(k - 1) % _SECTORS, k, (k + 1) % _SECTORS]) & (np.abs(lean) < _WALL_DEG)
        here = np.flatnonzero(line_of == k)
        if not len(here):
            continue
        top = float(np.quantile(heights[near], _SECTOR_TOP)) if near.any() else float(line_heights[here].mean())
        wall = top - float(line_heights[here].mean())
        if wall < best:
            best, at = wall, int(here[0])
    return (max(best, 0.0) if np.isfinite(best) else 0.0), at
