"""The upper teeth as the lower ones see them: a map of heights from below, and how well a lower arch closes on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, maximum_filter, minimum_filter

from oral_architect.geometry import Mesh, Points
from oral_architect.geometry.registration import rotation_from_vector

Floats = NDArray[np.float64]

LEVER_MM = 25.0
"""Half the width of an arch: turns are counted in mm at this distance, so that all six unknowns weigh alike."""

_STEP_MM = 0.25
_PAD_MM = 6.0
_WALL = 0.25  # cosine of the slope from which on a surface is a wall


@dataclass(frozen=True, eq=False)
class Relief:
    """Heights of the upper occlusal surfaces over the x-y plane.

    Parameters
    ----------
    origin_mm
        ``(2,) float``: x and y of the first cell's middle.
    step_mm
        Cell size.
    height_mm
        ``(nx, ny) float``: lowest z of the upper teeth; beyond them the nearest tooth's.
    upright
        ``(nx, ny) float``: how much of a vertical gap is distance, the cosine of the slope.
    cover
        ``(nx, ny) float``: 1 over teeth, 0 away from them.
    """

    origin_mm: Floats
    step_mm: float
    height_mm: Floats
    upright: Floats
    cover: Floats

    @cached_property
    def ground(self) -> Floats:
        """``(nx, ny) float``: the cover without walls and edges, where teeth pass one another and do not meet."""
        rise = maximum_filter(self.height_mm, 3) - minimum_filter(self.height_mm, 3)
        return np.where((self.upright > _WALL) & (rise < 2 * self.step_mm / _WALL), self.cover, 0.0)


@dataclass(frozen=True, eq=False)
class Occlusal:
    """Points of the lower occlusal surfaces.

    Parameters
    ----------
    points
        ``(n, 3) float, mm``, patient frame.
    weights
        ``(n,) float``, sum 1, left and right halves alike.
    teeth
        ``(n,) int``: the tooth each belongs to.
    """

    points: Points
    weights: Floats
    teeth: NDArray[np.int64]

    def centre(self) -> Floats:
        """Return the point turns are taken about, ``(3,) mm``."""
        return np.asarray(self.points.mean(axis=0))


def relief_of(upper_teeth: Mesh, step_mm: float = _STEP_MM) -> Relief:
    """Map the upper teeth (patient frame, mm) as seen from below, one height every ``step_mm``."""
    low = upper_teeth.vertices[:, :2].min(axis=0) - _PAD_MM
    high = upper_teeth.vertices[:, :2].max(axis=0) + _PAD_MM
    shape = np.ceil((high - low) / step_mm).astype(np.int64) + 1
    height = np.full((int(shape[0]), int(shape[1])), np.inf)
    _rasterise(upper_teeth.vertices, upper_teeth.faces.astype(np.int64), low, step_mm, height)
    seen = np.isfinite(height)
    nearest = distance_transform_edt(~seen, return_distances=False, return_indices=True)
    filled = height[tuple(nearest)]
    slope_x, slope_y = np.gradient(gaussian_filter(filled, 1.0), step_mm)
    upright = 1 / np.sqrt(1 + slope_x**2 + slope_y**2)
    cover = gaussian_filter(seen.astype(np.float64), 1.0) * seen
    return Relief(low, step_mm, filled, upright, np.clip(cover, 0.0, 1.0))


def closing_energy(
    pose: Floats,
    lower: Occlusal,
    relief: Relief,
    attraction_mm: float,
    softness_mm: float,
    *,
    centre: Floats | None = None,
) -> tuple[float, Floats]:
    """Tell how far a lower arch is from closing on the upper: 0 all points touch, 1 none does, more for overlap.

    Each point over a tooth gives ``d²/(d² + attraction²)`` when it is a distance ``d`` short of it and
    ``(d/softness)²``, growing linearly from three softnesses on, when it is that far inside.

    Parameters
    ----------
    pose
        ``(6,) float, mm``: turn about x, y, z as arc at :data:`LEVER_MM`, then shift.
    lower, relief
        What meets what.
    attraction_mm, softness_mm
        Reach of contact and give of surfaces.
    centre
        ``(3,) mm``: what the pose turns about; the middle of the points when left out.

    Returns
    -------
    float, (6,) float
        Energy and its gradient.
    """
    turn = pose[:3] / LEVER_MM
    rotation = rotation_from_vector(turn)
    centre = lower.centre() if centre is None else centre
    arms = (lower.points - centre) @ rotation.T
    moved = arms + centre + pose[3:]
    energy, pull = _closing(
        moved,
        lower.weights,
        (relief.height_mm, relief.upright, relief.cover),
        (relief.origin_mm[0], relief.origin_mm[1], relief.step_mm, attraction_mm, softness_mm),
    )
    torque = np.cross(arms, pull).sum(axis=0)
    gradient = np.concatenate([left_jacobian(turn).T @ torque / LEVER_MM, pull.sum(axis=0)])
    return energy, gradient


def gaps_mm(points: Points, relief: Relief) -> tuple[Floats, Floats]:
    """Return distance to the upper teeth above each point, mm (negative inside), and the cover there, ``(n,)``."""
    cell = (points[:, :2] - relief.origin_mm) / relief.step_mm
    index = np.clip(np.rint(cell).astype(np.int64), 0, np.array(relief.height_mm.shape) - 1)
    at = (index[:, 0], index[:, 1])
    return (relief.height_mm[at] - points[:, 2]) * relief.upright[at], relief.cover[at]


def pose_matrix(pose: Floats, centre: Floats) -> Floats:
    """Return the ``(4, 4)`` motion of a pose vector about ``centre``."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(pose[:3] / LEVER_MM)
    matrix[:3, 3] = centre + pose[3:] - matrix[:3, :3] @ centre
    return matrix


def left_jacobian(turn: Floats) -> Floats:
    """Return the ``(3, 3)`` that takes a change of a turn vector (rad) to the small turn it adds."""
    angle = float(np.linalg.norm(turn))
    if angle < 1e-9:
        return np.eye(3)
    x, y, z = turn
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    a, b = (1 - np.cos(angle)) / angle**2, (angle - np.sin(angle)) / angle**3
    return np.asarray(np.eye(3) + a * cross + b * cross @ cross)


@njit(cache=True)
def _rasterise(vertices, faces, origin, step, height):  # type: ignore[no-untyped-def]
    """Write the lowest z of any triangle over each cell's middle."""
    nx, ny = height.shape
    for f in range(len(faces)):
        a, b, c = vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if abs(area) < 1e-12:
            continue
        i0 = max(0, int(np.ceil((min(a[0], b[0], c[0]) - origin[0]) / step)))
        i1 = min(nx - 1, int(np.floor((max(a[0], b[0], c[0]) - origin[0]) / step)))
        j0 = max(0, int(np.ceil((min(a[1], b[1], c[1]) - origin[1]) / step)))
        j1 = min(ny - 1, int(np.floor((max(a[1], b[1], c[1]) - origin[1]) / step)))
        for i in range(i0, i1 + 1):
            x = origin[0] + i * step
            for j in range(j0, j1 + 1):
                y = origin[1] + j * step
                v = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area
                w = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area
                if v >= -1e-9 and w >= -1e-9 and v + w <= 1 + 1e-9:
                    z = a[2] + v * (b[2] - a[2]) + w * (c[2] - a[2])
                    height[i, j] = min(height[i, j], z)


@njit(cache=True)
def _closing(points, weights, maps, numbers):  # type: ignore[no-untyped-def]
    """Energy and its derivative by each point, ``float, (n, 3)``."""
    height, upright, cover = maps
    x0, y0, step, attraction, softness = numbers
    nx, ny = height.shape
    energy = 0.0
    pull = np.zeros((len(points), 3))
    for p in range(len(points)):
        u = (points[p, 0] - x0) / step
        v = (points[p, 1] - y0) / step
        i, j = int(np.floor(u)), int(np.floor(v))
        if i < 0 or j < 0 or i >= nx - 1 or j >= ny - 1:
            energy += weights[p]
            continue
        u -= i
        v -= j
        m = (cover[i, j] * (1 - u) + cover[i + 1, j] * u) * (1 - v) + (
            cover[i, j + 1] * (1 - u) + cover[i + 1, j + 1] * u
        ) * v
        if m <= 0.0:
            energy += weights[p]
            continue
        h = (height[i, j] * (1 - u) + height[i + 1, j] * u) * (1 - v) + (
            height[i, j + 1] * (1 - u) + height[i + 1, j + 1] * u
        ) * v
        hx = ((height[i + 1, j] - height[i, j]) * (1 - v) + (height[i + 1, j + 1] - height[i, j + 1]) * v) / step
        hy = ((height[i, j + 1] - height[i, j]) * (1 - u) + (height[i + 1, j + 1] - height[i + 1, j]) * u) / step
        mx = ((cover[i + 1, j] - cover[i, j]) * (1 - v) + (cover[i + 1, j + 1] - cover[i, j + 1]) * v) / step
        my = ((cover[i, j + 1] - cover[i, j]) * (1 - u) + (cover[i + 1, j + 1] - cover[i + 1, j]) * u) / step
        n = upright[i, j]
        d = (h - points[p, 2]) * n
        if d >= 0:
            rho = d * d / (d * d + attraction * attraction)
            slope = 2 * d * attraction * attraction / (d * d + attraction * attraction) ** 2
        else:
            k = -d / softness
            if k < 3:
                rho, slope = k * k, -2 * k / softness
            else:
                rho, slope = 6 * k - 9, -6 / softness
        energy += weights[p] * (m * rho + 1 - m)
        pull[p, 0] = weights[p] * (m * slope * n * hx + mx * (rho - 1))
        pull[p, 1] = weights[p] * (m * slope * n * hy + my * (rho - 1))
        pull[p, 2] = -weights[p] * m * slope * n
    return energy, pull
