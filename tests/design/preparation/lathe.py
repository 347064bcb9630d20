"""Turned dies whose taper, height, ledge and undercut are known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from oral_architect.anatomy.document import Tooth
from oral_architect.geometry import Mesh

RADIUS_MM = 4.0
AROUND = 120


@dataclass(frozen=True)
class Turned:
    """A die with its gingiva: the scan, the crown cut out of it, the tooth's frame."""

    scan: Mesh
    crown: Mesh
    tooth: Tooth


def turned(*, wall_deg: float = 6.0, height_mm: float = 4.0, ledge_mm: float = 1.0, undercut_mm: float = 0.0) -> Turned:
    """Turn a stump on the lathe: top, wall, ledge with its edge at radius 4 and height 0, root, gingiva."""
    foot = RADIUS_MM - ledge_mm
    top = foot - height_mm * np.tan(np.deg2rad(wall_deg))
    corners = [(0.0, height_mm), (top, height_mm), (foot, 0.0)]
    if undercut_mm:
        corners.insert(2, (foot - undercut_mm, 0.0))
        corners[3] = (foot - undercut_mm + 0.01, -0.001)
    return on_the_lathe([*corners, (RADIUS_MM, 0.0), (RADIUS_MM - 0.25, -1.6), (RADIUS_MM + 2.5, -2.4)])


def on_the_lathe(corners: list[tuple[float, float]]) -> Turned:
    """Turn a profile, radius and height from the top's middle out to the gingiva; the last piece is gingiva."""
    height_mm = corners[0][1]
    rings = _even(np.array(corners), 0.15)
    angle = np.arange(AROUND) / AROUND * 2 * np.pi
    points = [np.array([[0.0, 0.0, height_mm]])]
    for r, z in rings[1:]:
        points.append(np.column_stack([r * np.cos(angle), r * np.sin(angle), np.full(AROUND, z)]))
    vertices = np.concatenate(points)
    here = np.arange(AROUND)
    after = (here + 1) % AROUND
    faces = [np.column_stack([np.zeros(AROUND, int), 1 + here, 1 + after])]
    for k in range(len(rings) - 2):
        a, b, c, d = (1 + k * AROUND + x for x in (here, after, after + AROUND, here + AROUND))
        faces += [np.column_stack([a, d, b]), np.column_stack([b, d, c])]
    scan = Mesh(vertices, np.concatenate(faces).astype(np.int32))
    centres = scan.vertices[scan.faces].mean(axis=1)
    beyond = (np.hypot(centres[:, 0], centres[:, 1]) > RADIUS_MM - 0.24) & (centres[:, 2] < -1.55)
    crown, _ = scan.part(~beyond)
    return Turned(scan, crown, tooth_along(np.eye(3)))


def tooth_along(axes: np.ndarray) -> Tooth:
    """A tooth 16 whose mesial, buccal and occlusal directions are the rows."""
    rows = [tuple(float(x) for x in row) for row in axes]
    return Tooth.model_validate(
        {
            "fdi": 16,
            "confidence": 1.0,
            "centroid_mm": (0.0, 0.0, 0.0),
            "axes": tuple(rows),
            "width_md_mm": 8.0,
            "width_bl_mm": 8.0,
            "height_mm": 5.0,
        }
    )


def _even(corners: np.ndarray, step_mm: float) -> np.ndarray:
    pieces = [corners[:1]]
    for a, b in pairwise(corners):
        count = max(1, int(np.ceil(np.linalg.norm(b - a) / step_mm)))
        pieces.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(pieces)
