"""Voxels of a body: how much of each small cube a surface encloses, exact along one axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oral_architect.errors import StageError

from .mesh import Mesh, Points

Fractions = NDArray[np.float64]
"""``(nx, ny, nz) float``: share of each voxel that is filled, 0 to 1."""

BAD_COLUMN_SHARE = 1e-3
"""Share of columns whose crossings may not pair up before the surface is refused."""

# The sample columns are moved by a hair, differently in x and y, so that none runs through a vertex
# of a surface that was itself made on a grid. In voxels.
_HAIR_X = 1.37e-7
_HAIR_Y = 2.89e-7


@dataclass(frozen=True)
class VoxelGrid:
    """A regular grid of cubes.

    Parameters
    ----------
    origin_mm
        Centre of voxel (0, 0, 0).
    step_mm
        Edge of a cube.
    shape
        Number of voxels along x, y, z.
    """

    origin_mm: tuple[float, float, float]
    step_mm: float
    shape: tuple[int, int, int]

    def centres(self, voxels: NDArray[np.integer]) -> Points:
        """Return the centres of voxels, ``(n, 3) int`` to ``(n, 3) float, mm``."""
        return np.asarray(np.asarray(voxels, dtype=np.float64) * self.step_mm + np.asarray(self.origin_mm))

    def voxel_of(self, points: Points) -> NDArray[np.int64]:
        """Return the voxel each point lies in, ``(n, 3) int``; may lie outside the grid."""
        return np.asarray(np.floor((points - np.asarray(self.origin_mm)) / self.step_mm + 0.5), dtype=np.int64)


def grid_around(points: Points, step_mm: float, pad: int = 1) -> VoxelGrid:
    """Return the smallest grid that holds all points and ``pad`` voxels around them.

    The origin lies on a multiple of the step, so that grids of neighbouring bodies line up.
    """
    low = np.floor(points.min(axis=0) / step_mm).astype(np.int64) - pad
    high = np.ceil(points.max(axis=0) / step_mm).astype(np.int64) + pad
    origin = low * step_mm
    size = high - low + 1
    return VoxelGrid(
        (float(origin[0]), float(origin[1]), float(origin[2])), step_mm, (int(size[0]), int(size[1]), int(size[2]))
    )


def body_fractions(body: Mesh, grid: VoxelGrid, *, samples: int = 3, where: str = "voxels") -> Fractions:
    """Return how much of each voxel a closed body fills.

    Each voxel column is sampled by ``samples`` x ``samples`` lines along z. The crossings of a line with the surface
    give the filled length of every voxel exactly; overlapping parts of the body count once (winding above zero).

    Raises
    ------
    StageError
        When the body is open, inside out or its crossings do not pair up.
    """
    if not body.is_watertight:
        raise StageError(
            "the body is not closed, so it has no inside",
            where=where,
            todo="Repair the surface so that every edge belongs to two faces.",
        )
    if body.volume_mm3 <= 0:
        raise StageError("the body is inside out", where=where, todo="Turn its faces round.")
    fractions, bad = _fill(body, grid, samples, open_below=False)
    _refuse_unpaired(bad, grid, samples, where)
    return fractions


def shell_fractions(shell: Mesh, grid: VoxelGrid, *, samples: int = 2) -> Fractions:
    """Return how much of each voxel lies under an open shell such as a scanned crown.

    As :func:`body_fractions`, but counted from above: where the shell has no underside (the neck of a tooth, a
    contact area the scanner could not see) the inside goes on down to the floor of the grid.
    """
    fractions, _ = _fill(shell, grid, samples, open_below=True)
    return fractions


def _fill(mesh: Mesh, grid: VoxelGrid, samples: int, *, open_below: bool) -> tuple[Fractions, int]:
    local = (mesh.vertices - np.asarray(grid.origin_mm)) / grid.step_mm + 0.5
    columns = (grid.shape[0] * samples, grid.shape[1] * samples)
    scaled = local * np.array([samples, samples, 1.0])
    counts = np.zeros(columns[0] * columns[1] + 1, dtype=np.int64)
    nothing = np.zeros(0)
    _cross(scaled, mesh.faces, columns[0], columns[1], counts, nothing, nothing.astype(np.int8), False)
    starts = np.concatenate([[0], np.cumsum(counts[:-1])]).astype(np.int64)
    heights = np.zeros(int(starts[-1]))
    signs = np.zeros(int(starts[-1]), dtype=np.int8)
    _cross(scaled, mesh.faces, columns[0], columns[1], starts[:-1].copy(), heights, signs, True)
    filled = np.zeros(grid.shape)
    bad = _accumulate(starts, heights, signs, samples, columns[1], open_below, filled)
    np.clip(filled, 0.0, 1.0, out=filled)
    return filled, int(bad)


def _refuse_unpaired(bad: int, grid: VoxelGrid, samples: int, where: str) -> None:
    if bad > BAD_COLUMN_SHARE * grid.shape[0] * grid.shape[1] * samples * samples:
        raise StageError(
            f"{bad} sample lines enter the body and never leave it",
            where=where,
            todo="Repair the surface: faces are missing or turned.",
        )


@njit(cache=True)
def _left_of(vertices, a, b, x, y):  # type: ignore[no-untyped-def]
    """Whether a point lies left of edge a-b; both faces of an edge always get opposite answers."""
    flip = a > b
    if flip:
        a, b = b, a
    ax, ay = vertices[a, 0], vertices[a, 1]
    side = (vertices[b, 0] - ax) * (y - ay) - (vertices[b, 1] - ay) * (x - ax)
    return (side >= 0.0) != flip


@njit(cache=True)
def _cross(vertices, faces, nx, ny, cursor, heights, signs, write):  # type: ignore[no-untyped-def]
    """Count (``write`` false) or store the crossings of every column with every face."""
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = vertices[a]
        ux, uy, uz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
        vx, vy, vz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
        area = ux * vy - uy * vx
        if area == 0.0:
            continue
        low_x = max(0, int(np.floor(min(ax, ax + ux, ax + vx) - 0.5)))
        low_y = max(0, int(np.floor(min(ay, ay + uy, ay + vy) - 0.5)))
        high_x = min(nx - 1, int(np.ceil(max(ax, ax + ux, ax + vx))))
        high_y = min(ny - 1, int(np.ceil(max(ay, ay + uy, ay + vy))))
        for i in range(low_x, high_x + 1):
            x = i + 0.5 + _HAIR_X
            for j in range(low_y, high_y + 1):
                y = j + 0.5 + _HAIR_Y
                first = _left_of(vertices, a, b, x, y)
                if _left_of(vertices, b, c, x, y) != first or _left_of(vertices, c, a, x, y) != first:
                    continue
                column = i * ny + j
                if write:
                    s = ((x - ax) * vy - (y - ay) * vx) / area
                    t = ((y - ay) * ux - (x - ax) * uy) / area
                    heights[cursor[column]] = az + s * uz + t * vz
                    signs[cursor[column]] = 1 if first else -1
                cursor[column] += 1


@njit(cache=True)
def _accumulate(starts, heights, signs, samples, ny, open_below, filled):  # type: ignore[no-untyped-def]
    """Add the inside lengths of every column to its voxels; return how many columns do not pair up."""
    bad = 0
    share = 1.0 / (samples * samples)
    for column in range(starts.shape[0] - 1):
        first, last = starts[column], starts[column + 1]
        if first == last:
            continue
        for m in range(first + 1, last):  # insertion sort, highest first: columns cross a handful of faces
            height, sign = heights[m], signs[m]
            n = m - 1
            while n >= first and heights[n] < height:
                heights[n + 1], signs[n + 1] = heights[n], signs[n]
                n -= 1
            heights[n + 1], signs[n + 1] = height, sign
        winding = 0
        for m in range(first, last):
            winding += signs[m]
        if winding != 0 and not open_below:
            bad += 1
            continue
        cells = filled[(column // ny) // samples, (column % ny) // samples]
        winding = 0
        for m in range(first, last):
            winding += signs[m]
            if winding > 0:
                floor = heights[m + 1] if m + 1 < last else 0.0
                _add_length(cells, floor, heights[m], share)
    return bad


@njit(cache=True)
def _add_length(cells, low, high, share):  # type: ignore[no-untyped-def]
    """Add to each voxel of a column the length of it between two heights."""
    low = max(low, 0.0)
    high = min(high, float(cells.shape[0]))
    k = int(low)
    while k < high:
        cells[k] += (min(high, k + 1.0) - max(low, float(k))) * share
        k += 1
