"""Dies and forms whose true surfaces are known by formula."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oral_architect.design.preparation import Preparation
from oral_architect.geometry import Mesh, Points

SECTORS = 160


def turned(profile: NDArray[np.float64], *, closed_below: bool) -> Mesh:
    """Surface of revolution about z through ``(k, 2)`` radii and heights, bottom first; the last radius is closed."""
    turn = np.arange(SECTORS) / SECTORS * 2 * np.pi
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(SECTORS)], axis=1)
    levels = [ring * r + np.array([0.0, 0.0, z]) for r, z in profile]
    points = [*levels, np.array([[0.0, 0.0, profile[-1, 1]]])]
    i = np.arange(SECTORS)
    j = (i + 1) % SECTORS
    faces = []
    for k in range(len(levels) - 1):
        a, b = k * SECTORS, (k + 1) * SECTORS
        faces += [np.stack([i + a, j + a, j + b], axis=1), np.stack([i + a, j + b, i + b], axis=1)]
    top = (len(levels) - 1) * SECTORS
    faces.append(np.stack([i + top, j + top, np.full(SECTORS, len(levels) * SECTORS)], axis=1))
    if closed_below:
        points.append(np.array([[0.0, 0.0, profile[0, 1]]]))
        faces.append(np.stack([j, i, np.full(SECTORS, len(levels) * SECTORS + 1)], axis=1))
    return Mesh(np.concatenate(points), np.concatenate(faces).astype(np.int32))


def stump(taper_deg: float = 6.0, *, height_mm: float = 4.0, shoulder_mm: float = 1.0) -> Preparation:
    """A cone frustum with a flat shoulder; the finish line is the circle of radius 4 mm at height 0."""
    top = 4.0 - shoulder_mm - height_mm * np.tan(np.deg2rad(taper_deg))
    die = turned(
        np.array([(4.0, 0.0), (4.0 - shoulder_mm, 0.0), (top, height_mm), (0.5 * top, height_mm)]), closed_below=False
    )
    return preparation(die, die.vertices[:SECTORS])


def preparation(die: Mesh, line: Points) -> Preparation:
    """A preparation along z."""
    return Preparation(
        fdi=16,
        finish_line=line,
        sure=np.ones(len(line), dtype=np.bool_),
        margin="shoulder",
        axis=np.array([0.0, 0.0, 1.0]),
        die=die,
        undercut_mm=np.zeros(len(die.vertices)),
        taper_deg=12.0,
        height_mm=4.0,
        reduction_mm=None,
    )


def barrel(wide_mm: float = 4.9, high_mm: float = 6.0, foot_mm: float = 4.15) -> Mesh:
    """A closed crown form around z that bulges above the finish line."""
    profile = np.array(
        [
            (foot_mm - 0.1, -1.0),
            (foot_mm, 0.0),
            (0.5 * (foot_mm + wide_mm), 1.0),
            (wide_mm, 2.5),
            (wide_mm - 0.2, 4.0),
            (wide_mm - 0.9, 0.5 * (4.0 + high_mm)),
            (0.5 * wide_mm, high_mm),
            (0.2 * wide_mm, high_mm),
        ]
    )
    return turned(profile, closed_below=True)
